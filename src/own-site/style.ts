import { createHash } from 'node:crypto';
import { STYLE } from '../block-page/style.ts';

/** The block page's look, and what only the site has: ways between its pages, forms, commands. */
export const SITE_STYLE = `${STYLE}
:root{--allowed:#17603a;--allowed-tint:#e5f3ea}
@media screen and (prefers-color-scheme:dark){:root{--allowed:#8ed6a8;--allowed-tint:#1b3325}}
.allowed{--accent:var(--allowed);--tint:var(--allowed-tint)}
.own{--accent:var(--link);--tint:var(--refused-tint)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;max-width:60rem;margin:0 auto;padding:.875rem clamp(1rem,4vw,2rem) 0}
nav a{display:inline-block;padding-block:.25rem}
nav a[aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
.lead p+p{margin-top:.75rem}
.part{padding:clamp(1.25rem,4vw,2.25rem);border-top:1px solid var(--line)}
.part p,.part ol,.part ul.links{max-width:44rem}
:is(.part,.part section)>*+*{margin-top:.75rem}
:is(.part,.part section)>h2+*{margin-top:0}
:is(.part,.part section)>*+:is(h2,section){margin-top:1.5rem}
.facts div{display:flex;flex-wrap:wrap;gap:0 1rem;padding-block:.375rem}
.facts dt{min-width:9rem;color:var(--quiet)}
.facts dd{font-weight:600}
.quiet{font-size:.9375rem;color:var(--quiet)}
form{max-width:44rem;margin-top:1rem}
label{display:block;margin-bottom:.25rem;font-weight:600}
.field{display:flex;flex-wrap:wrap;gap:.5rem}
input{flex:1 1 16rem;min-width:0;padding:.625rem .75rem;font:inherit;color:var(--ink);background:var(--card);
border:1px solid var(--quiet);border-radius:.5rem}
button{padding:.625rem 1.25rem;font:inherit;font-weight:600;color:var(--card);background:var(--link);
border:1px solid var(--link);border-radius:.5rem;cursor:pointer}
input:focus-visible,button:focus-visible,summary:focus-visible{outline:.1875rem solid var(--link);outline-offset:.1875rem}
ol{margin:0;padding-inline-start:1.5rem}
.links a{font-weight:600}
.links li{padding-block:.25rem}
code,.print{font-family:ui-monospace,"SF Mono",Consolas,"Liberation Mono",monospace;font-size:.875rem}
pre{margin:.5rem 0 0;padding:.625rem .875rem;white-space:pre-wrap;background:var(--paper);border:1px solid var(--line);border-radius:.5rem}
details{border-top:1px solid var(--line)}
details:last-child{border-bottom:1px solid var(--line)}
summary{padding-block:.75rem;font-weight:600;cursor:pointer}
details>div{padding-bottom:1rem}
.check{padding:.875rem 1rem;border:2px solid var(--line);border-radius:.5rem;font-weight:600}
.trusted{display:none}
.trusted .check{border-color:var(--link)}
@media print{form,nav{display:none}}
`;

/** The style as Content Security Policy names it. */
export const SITE_STYLE_HASH = `sha256-${createHash('sha256').update(SITE_STYLE).digest('base64')}`;

/** All that is had from `https://postern.internal/trust.css`: who can load it trusts the CA. */
export const TRUST_STYLE = '.trusted{display:block}.untrusted{display:none}\n';
