import { createHash } from 'node:crypto';

/**
 * The page's whole style. It names no font, image or file to fetch; sizes are relative, so that zoom and the reader's
 * own text size work; colours keep the contrast of WCAG 2.2 level AA (4.5:1) in both schemes, and paper gets the light one.
 */
export const STYLE = `
:root{color-scheme:light dark;
--paper:#f3f5f8;--card:#ffffff;--ink:#18202a;--quiet:#4d5966;--line:#d3dae2;--link:#0a4c99;
--head:#12304f;--head-ink:#ffffff;--head-quiet:#c6d5e6;
--blocked:#9d2026;--blocked-tint:#fbeceb;--failed:#734700;--failed-tint:#fcf2dd;--refused:#3a4856;--refused-tint:#e9eef3}
@media screen and (prefers-color-scheme:dark){:root{
--paper:#11161c;--card:#1a2129;--ink:#e9edf1;--quiet:#aab6c2;--line:#37434f;--link:#93c3ff;
--head:#0b1a2b;--head-ink:#f2f6fa;--head-quiet:#a9bed4;
--blocked:#ffa29d;--blocked-tint:#3a2022;--failed:#f3c272;--failed-tint:#352913;--refused:#bdcad6;--refused-tint:#27313b}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;background:var(--paper);color:var(--ink);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",sans-serif;
overflow-wrap:anywhere}
:lang(ko){word-break:keep-all}
h1,h2,p,dl,dd,ul{margin:0}
.masthead{background:var(--head);color:var(--head-ink)}
.masthead p,main,footer{max-width:60rem;margin:0 auto;padding-inline:clamp(1rem,4vw,2rem)}
.masthead p{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 1.5rem;padding-block:1rem}
.masthead b{font-size:1.0625rem;font-weight:600}
.masthead span{font-size:.875rem;color:var(--head-quiet)}
.masthead p:has(.logo){align-items:center}
.masthead .logo{max-width:12rem;height:2.5rem;margin-inline-end:-.5rem;padding:.25rem .375rem;background:#fff;border-radius:.375rem}
.masthead .logo+b{margin-inline-end:auto}
main{padding-block:clamp(1.25rem,4vw,2.5rem) 1.5rem}
.blocked{--accent:var(--blocked);--tint:var(--blocked-tint)}
.failed{--accent:var(--failed);--tint:var(--failed-tint)}
.limited{--accent:var(--failed);--tint:var(--failed-tint)}
.refused{--accent:var(--refused);--tint:var(--refused-tint)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
.lead{padding:clamp(1.25rem,4vw,2.25rem);border-top:.3125rem solid var(--accent);
border-top-color:color-mix(in srgb,var(--accent) 80%,var(--card))}
.kind{display:inline-flex;align-items:center;gap:.5rem;padding-block:.25rem;padding-inline:.5rem .75rem;border-radius:99rem;
background:var(--tint);color:var(--accent);font-size:.875rem;font-weight:600;line-height:1.4}
.kind svg{width:1.25em;height:1.25em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
h1{margin:.75rem 0 .5rem;font-size:clamp(1.5rem,1.2rem + 1.6vw,2.125rem);line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
.summary{font-size:1.125rem;max-width:48rem;text-wrap:pretty}
.summary bdi,.help bdi{font-weight:600}
.note{margin-top:.75rem;max-width:48rem;color:var(--quiet)}
.columns{display:grid;border-top:1px solid var(--line)}
.about,.help{padding:clamp(1.25rem,4vw,2.25rem)}
.about section+section{margin-top:1.75rem}
.help{background:var(--paper);border-top:1px solid var(--line)}
.columns>:first-child{border-top:0}
h2{margin-bottom:.375rem;font-size:1rem;line-height:1.4}
.about p{max-width:40rem;text-wrap:pretty}
.about .reference{margin-top:.5rem;font-size:.9375rem;color:var(--quiet)}
ul{padding:0;list-style:none}
.about li{padding:.625rem 0;border-top:1px solid var(--line)}
.about li:first-child{border-top:0;padding-top:.25rem}
.about li a{font-weight:600}
.about li span{display:block;font-size:.875rem;color:var(--quiet)}
a{color:var(--link);text-underline-offset:.2em}
a:hover{text-decoration-thickness:.125em}
a:focus-visible,summary:focus-visible,textarea:focus-visible{outline:.1875rem solid var(--link);outline-offset:.1875rem;border-radius:.125rem}
.code{max-width:22rem;margin:1rem 0 .5rem;padding:.75rem 1rem;background:var(--card);border:2px solid var(--line);border-radius:.5rem}
.code dt{font-size:.875rem;color:var(--quiet)}
.code dd{font:700 clamp(1.5rem,1.2rem + 1.5vw,1.875rem)/1.3 ui-monospace,"SF Mono",Consolas,"Liberation Mono",monospace;
letter-spacing:.04em;overflow-wrap:normal;-webkit-user-select:all;user-select:all}
.quote{font-size:.875rem;color:var(--quiet)}
.request{margin-top:1rem}
.request a{display:inline-block;padding:.5rem 1rem;border-radius:.5rem;background:var(--link);color:var(--card);font-weight:600;text-decoration:none}
.request a:hover{text-decoration:underline}
.contact{margin-top:1rem}
.contact div{display:flex;flex-wrap:wrap;gap:0 .75rem;padding-block:.25rem}
.contact dt{min-width:3.25rem;color:var(--quiet)}
.contact a{font-weight:600}
footer{padding-bottom:2.5rem;font-size:.8125rem;color:var(--quiet)}
footer h2{font-size:inherit;font-weight:600}
footer dl{display:flex;flex-wrap:wrap;gap:.125rem 1.5rem}
footer dl div{display:flex;gap:.5rem}
footer dt{flex:none}
footer dt::after{content:":"}
footer dd{color:var(--ink)}
footer p{margin-top:.75rem}
.copy{margin-top:.75rem}
summary{display:inline-block;padding:.25rem .75rem;border:1px solid var(--quiet);border-radius:.375rem;color:var(--ink);cursor:pointer}
.copy p{margin-block:.5rem .375rem}
textarea{display:block;width:100%;max-width:40rem;padding:.5rem .75rem;border:1px solid var(--quiet);border-radius:.375rem;
background:var(--card);color:var(--ink);font:inherit;
resize:vertical;-webkit-user-select:all;user-select:all}
@media (min-width:52rem){
.columns.both{grid-template-columns:1fr 22rem}
.both .help{border-top:0;border-inline-start:1px solid var(--line)}
.both .contact div{display:block}}
@media (forced-colors:active){.kind,.code,.request a{border:2px solid}}
@media print{
:root{color-scheme:light}
body,.help,.masthead{background:none;color:#000}
.masthead span{color:inherit}
.masthead{border-bottom:2px solid}
.copy{display:none}
.card,.code{break-inside:avoid}
.about a[href]::after{content:" (" attr(href) ")";font-weight:400}
.about li span{display:none}}
`;

/** The style as Content Security Policy names it: `sha256-…` (CSP level 3 section 2.3.1). */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
