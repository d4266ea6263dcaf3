import type { SiteWords } from './words.ts';

export const KOREAN: SiteWords = {
  gateway: '인터넷 접속 관리 시스템',
  footer:
    '이 화면은 소속 기관의 인터넷 접속 관리 시스템(Postern)에서 직접 표시한 것이며, 이 시스템을 통해서만 보실 수 있습니다.',
  pages: '안내 화면',
  names: {
    who: '내 정보',
    try: '사이트 확인',
    ca: '인증서',
    incident: '문의 번호',
  },
  verdicts: { blocked: '차단', allowed: '허용' },
  rule: '적용 규칙',
  reference: '관련 근거',
  exception: '예외',
  observed: '관찰 중인 규칙',
  alternatives: '대신 이용하실 수 있는 서비스',
  allowedBy: {
    rule: '소속 기관의 규칙에 따라 허용되어 있습니다.',
    exception: '차단 규칙이 있으나 소속 기관에서 승인한 예외에 따라 허용되어 있습니다.',
    default: '소속 기관의 규칙 중 이 사이트를 제한하는 규칙이 없습니다.',
    'own-site': '이 안내 사이트입니다. 인터넷 접속 관리 시스템에서 직접 응답합니다.',
  },
  who: {
    heading: '이 시스템에 등록된 내 정보',
    summary: '인터넷 접속 요청은 이 시스템을 거치며, 소속 기관의 정책이 적용됩니다.',
    unknown:
      '사용 중인 단말기의 주소가 어느 기관에도 등록되어 있지 않아 모든 접속이 차단됩니다. 전산 담당자에게 아래 주소를 알려 주시고 등록을 요청해 주시기 바랍니다.',
    address: '단말기 주소',
    department: '소속 기관',
    foundBy: '확인 방법',
    byPort: '접속하신 포트 {port}',
    byNetwork: '단말기 주소가 속한 네트워크 {network}',
    contact: '문의처',
    further: '이곳에서 하실 수 있는 일',
    toTry: '사이트의 차단 여부와 사유 확인',
    toCa: '차단 안내 화면을 경고 없이 보기 위한 인증서 설치',
    toIncident: '차단 안내 화면의 문의 번호 조회',
    toPac: '브라우저 자동 설정 파일(PAC)',
  },
  try: {
    heading: '사이트 확인',
    summary:
      '소속 기관의 정책에 따라 해당 주소의 접속이 허용되는지 확인하실 수 있습니다. 실제로 접속하지는 않습니다.',
    label: '사이트 주소',
    button: '확인',
    noUrl:
      '사이트 주소가 아닙니다. www.example.org 또는 https://www.example.org/page 와 같이 입력해 주시기 바랍니다.',
    unseen:
      '사이트 이름에 해당하는 주소는 조회하지 않았습니다. 내부 주소나 차단된 주소로 연결되는 사이트는 접속하실 수 없습니다.',
  },
  ca: {
    heading: '접속 관리 시스템의 인증서',
    summary:
      'HTTPS 사이트가 차단되면 그 자리에 차단 사유를 표시합니다. 브라우저가 이 인증서를 신뢰해야 그 화면을 보실 수 있으며, 신뢰하지 않으면 오류가 표시됩니다. 사이트는 어느 경우에나 차단됩니다.',
    none: '이 시스템에는 차단 안내 화면을 위한 인증서가 없습니다. 차단된 HTTPS 사이트에는 브라우저의 오류 화면이 표시됩니다.',
    check: '이 브라우저의 상태',
    trusted: '이 브라우저는 접속 관리 시스템의 인증서를 신뢰합니다. 따로 하실 일이 없습니다.',
    untrusted: '이 브라우저는 아직 접속 관리 시스템의 인증서를 신뢰하지 않습니다.',
    again:
      '인증서를 설치하신 다음 이 화면을 새로 고쳐 주시기 바랍니다. 브라우저를 다시 시작해야 하는 경우도 있습니다.',
    files: '인증서 파일',
    der: 'Windows, macOS, Android, iOS용 (DER)',
    pem: 'Linux, Java, Firefox용 (PEM)',
    compare:
      '신뢰하도록 설정하시기 전에 전산 담당자에게 전화나 대면으로 지문을 확인하고 비교해 주시기 바랍니다. 이 화면이 변조되었다면 여기에 표시된 지문도 변조될 수 있습니다.',
    name: '이름',
    fingerprint: 'SHA-256 지문',
    validUntil: '유효 기한',
    how: '설치 방법',
    platforms: [
      {
        platform: 'Windows',
        steps: [
          'ca.crt를 내려받아 엽니다.',
          '“인증서 설치…”를 누르고 “로컬 컴퓨터”를 선택합니다.',
          '“모든 인증서를 다음 저장소에 저장”을 선택하고 “신뢰할 수 있는 루트 인증 기관”을 지정합니다.',
          '또는 관리자 권한의 명령 창에서 다음을 실행합니다.',
        ],
        command: 'certutil -addstore -f Root ca.crt',
      },
      {
        platform: 'macOS',
        steps: [
          'ca.crt를 내려받아 엽니다. 키체인 접근에서 저장할 위치로 “시스템”을 선택합니다.',
          '인증서를 열고 “신뢰”에서 “항상 신뢰”를 선택합니다.',
          '또는 터미널에서 다음을 실행합니다.',
        ],
        command:
          'sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt',
      },
      {
        platform: 'Android',
        steps: [
          'ca.crt를 내려받습니다.',
          '설정 → 보안 → 암호화 및 사용자 인증 정보 → 인증서 설치 → CA 인증서에서 파일을 선택합니다. 메뉴 이름은 제조사마다 다를 수 있습니다.',
        ],
      },
      {
        platform: 'iOS, iPadOS',
        steps: [
          'Safari에서 ca.crt를 내려받고 프로파일을 허용합니다.',
          '설정 → 일반 → VPN 및 기기 관리에서 설치합니다.',
          '설정 → 일반 → 정보 → 인증서 신뢰 설정에서 켭니다.',
        ],
      },
      {
        platform: 'Firefox',
        steps: [
          'ca.pem을 “다른 이름으로 링크 저장…”으로 내려받습니다.',
          '설정 → 개인 정보 및 보안 → 인증서 → 인증서 보기 → 인증 기관 → 가져오기를 엽니다.',
          '파일을 선택하고 “이 CA가 웹 사이트를 식별하는 것을 신뢰”를 표시합니다.',
        ],
      },
      {
        platform: 'Linux',
        steps: ['ca.pem을 내려받습니다. Debian, Ubuntu에서는 터미널에서 다음을 실행합니다.'],
        command: 'sudo cp ca.pem /usr/local/share/ca-certificates/postern.crt\nsudo update-ca-certificates',
      },
      {
        platform: 'Java',
        steps: ['ca.pem을 내려받습니다. 프로그램을 실행하는 Java에 대하여 터미널에서 다음을 실행합니다.'],
        command: 'keytool -importcert -cacerts -noprompt -alias postern -file ca.pem -storepass changeit',
      },
    ],
  },
  incident: {
    heading: '문의 번호 조회',
    summary:
      '차단 안내 화면마다 문의 번호가 있습니다. 본인의 접속 요청이 어떻게 처리되었는지 확인하실 수 있습니다.',
    label: '문의 번호',
    button: '조회',
    noCode: '문의 번호가 아닙니다. 문의 번호는 7F3K-9Q2M과 같이 여덟 자의 영문자와 숫자로 되어 있습니다.',
    busy: '지금 다른 조회를 처리하고 있습니다. 잠시 후 다시 시도해 주시기 바랍니다.',
    gone: '이 번호는 더 이상 조회되지 않습니다',
    goneAdvice:
      '이 시스템에서는 같은 단말기 주소에서 최근에 이루어진 접속만 조회됩니다. 그 이전의 내역은 전산 담당자에게 문의 번호를 알려 주시면 확인할 수 있습니다.',
    time: '일시',
    host: '접속 대상',
    port: '포트',
    reason: '사유',
    problem: '오류 내용',
  },
  errors: {
    403: {
      heading: '다른 사이트에서는 이용할 수 없습니다',
      summary:
        '이 화면은 직접 여실 때에만 표시됩니다. 브라우저에 http://postern.internal/ 을 입력해 주시기 바랍니다.',
    },
    404: { heading: '없는 화면입니다', summary: '위의 화면 중에서 선택해 주시기 바랍니다.' },
    405: { heading: '읽기만 할 수 있는 화면입니다', summary: '브라우저로 열어 주시기 바랍니다.' },
    421: {
      heading: '다른 사이트의 이름입니다',
      summary: '요청에 다른 사이트의 이름이 들어 있습니다. http://postern.internal/ 을 열어 주시기 바랍니다.',
    },
  },
};
