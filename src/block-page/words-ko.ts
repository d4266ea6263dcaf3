import type { Words } from './words.ts';

const TRY_AGAIN =
  '잠시 후 다시 시도해 주시기 바랍니다. 문제가 계속되면 전산 담당자에게 아래 문의 번호를 알려 주시기 바랍니다.';
const TELL_HELP_DESK = '전산 담당자에게 아래 문의 번호를 알려 주시기 바랍니다.';
const IF_NEEDED = `업무상 이용이 필요하신 경우 ${TELL_HELP_DESK}`;

export const KOREAN: Words = {
  direction: 'ltr',
  // The noun after the host takes the particles, which would otherwise depend on how the host is read aloud.
  site: { named: '{host} 사이트', unnamed: '요청하신 사이트' },
  kinds: { blocked: '접속 차단', failed: '접속 장애', limited: '접속 지연', refused: '잘못된 요청' },
  blocked: {
    rule: {
      heading: '접속이 제한된 사이트입니다',
      summary: '{site}는 소속 기관의 보안 정책에 따라 접속이 제한되어 있습니다.',
      advice: IF_NEEDED,
    },
    default: {
      heading: '접속 허용 목록에 없는 사이트입니다',
      summary: '{site}는 소속 기관의 접속 허용 목록에 등록되어 있지 않아 접속하실 수 없습니다.',
      advice:
        '업무상 이용이 필요하신 경우 전산 담당자에게 아래 문의 번호를 알려 주시고 목록 등록을 요청해 주시기 바랍니다.',
    },
    'department-unknown': {
      heading: '등록되지 않은 단말기입니다',
      summary:
        '사용 중인 단말기의 주소({client})가 어느 기관에도 등록되어 있지 않아 {site}에 접속하실 수 없습니다.',
      advice: '전산 담당자에게 단말기 주소와 아래 문의 번호를 알려 주시고 등록을 요청해 주시기 바랍니다.',
    },
    'port-forbidden': {
      heading: '허용되지 않은 포트입니다',
      summary: '{site}의 {port}번 포트는 접속이 허용되어 있지 않습니다.',
      advice: `업무상 해당 포트를 이용하셔야 하는 경우 ${TELL_HELP_DESK}`,
    },
    'address-forbidden': {
      heading: '내부 주소로 연결되는 사이트입니다',
      summary:
        '{site}는 내부망 또는 특수 용도의 주소로 연결되므로 인터넷 접속 관리 시스템을 통해 접속하실 수 없습니다.',
      advice: `내부 시스템은 이 시스템을 거치지 않고 직접 접속하셔야 합니다. ${IF_NEEDED}`,
    },
    'proxy-loop': {
      heading: '요청이 순환하여 중단되었습니다',
      summary: '{site}에 대한 요청이 이 시스템으로 되돌아와 처리를 중단하였습니다.',
      advice: `프록시 설정이 잘못된 경우에 주로 발생합니다. ${TELL_HELP_DESK}`,
    },
    'own-site': {
      heading: '인터넷 접속 관리 시스템의 안내 사이트입니다',
      summary: '{site}는 인터넷 접속 관리 시스템 자체이며 웹페이지로만 여실 수 있습니다.',
      advice:
        '이 시스템을 프록시 서버로 사용하는 브라우저에서 http://postern.internal/ 을 열어 주시기 바랍니다.',
    },
    'address-literal': {
      heading: '주소로는 접속하실 수 없습니다',
      summary:
        '{site}는 이름이 아닌 IP 주소로 요청되어 접속하실 수 없습니다. 이 시스템에서는 사이트 이름으로만 접속하실 수 있습니다.',
      advice: `사이트의 이름으로 접속해 주시기 바랍니다. 이름이 없는 시스템을 업무상 이용하셔야 하는 경우 ${TELL_HELP_DESK}`,
    },
    'not-tls': {
      heading: '보안 연결이 아니어서 중단되었습니다',
      summary: '{site}에 대한 연결이 보안 연결(TLS)로 시작되지 않아 중단하였습니다.',
      advice: `업무상 해당 프로그램을 이용하셔야 하는 경우 ${TELL_HELP_DESK}`,
    },
    'client-hello-unreadable': {
      heading: '보안 연결을 확인할 수 없습니다',
      summary: '{site}에 대한 보안 연결(TLS)의 시작 부분을 해석할 수 없어 연결을 중단하였습니다.',
      advice: TRY_AGAIN,
    },
    'sni-missing': {
      heading: '보안 연결에 사이트 이름이 없습니다',
      summary: '{site}에 대한 보안 연결(TLS)에 접속할 사이트의 이름이 없어 연결을 중단하였습니다.',
      advice: `업무상 해당 프로그램을 이용하셔야 하는 경우 ${TELL_HELP_DESK}`,
    },
    'sni-mismatch': {
      heading: '보안 연결이 다른 사이트를 요청하였습니다',
      summary: '{site}에 대한 연결 안의 보안 연결(TLS)이 다른 사이트를 요청하여 연결을 중단하였습니다.',
      advice: TELL_HELP_DESK,
    },
    'ech-forbidden': {
      heading: '보안 연결이 접속할 사이트를 숨기고 있습니다',
      summary:
        '{site}에 대한 보안 연결(TLS)이 접속할 사이트를 숨기고 있어(Encrypted Client Hello) 연결을 중단하였습니다.',
      advice: TELL_HELP_DESK,
    },
  },
  blockedByLaw: {
    heading: '법적 요구에 따라 접속이 제한된 사이트입니다',
    summary: '{site}는 법적 요구에 따라 접속이 제한되어 있습니다.',
    advice: IF_NEEDED,
  },
  failed: {
    dns_timeout: {
      heading: '사이트 주소 확인이 지연되고 있습니다',
      summary: '{site}의 주소를 제한 시간 안에 확인하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    dns_error: {
      heading: '사이트를 찾을 수 없습니다',
      summary: '{site}의 이름에 해당하는 주소를 찾을 수 없습니다.',
      advice: `사이트 이름을 정확히 입력하셨는지 확인해 주시기 바랍니다. 이름이 정확한 경우 ${TELL_HELP_DESK}`,
    },
    destination_unavailable: {
      heading: '현재 이용할 수 없는 사이트입니다',
      summary: '현재 {site}에 연결할 수 없습니다.',
      advice: TRY_AGAIN,
    },
    destination_ip_prohibited: {
      heading: '연결할 수 없는 주소의 사이트입니다',
      summary: '{site}의 주소는 인터넷 접속 관리 시스템을 통해 연결할 수 없는 주소입니다.',
      advice: TELL_HELP_DESK,
    },
    connection_refused: {
      heading: '사이트에서 연결을 거부하였습니다',
      summary: '{site}의 서버에서 연결을 거부하였습니다.',
      advice: TRY_AGAIN,
    },
    connection_terminated: {
      heading: '연결이 끊어졌습니다',
      summary: '응답을 받기 전에 {site}와의 연결이 끊어졌습니다.',
      advice: TRY_AGAIN,
    },
    connection_timeout: {
      heading: '사이트 연결이 지연되고 있습니다',
      summary: '제한 시간 안에 {site}에 연결하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    connection_limit_reached: {
      heading: '이용량이 많아 연결하지 못하였습니다',
      summary: '인터넷 접속 관리 시스템의 연결이 한도에 이르러 {site}에 연결하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    tls_protocol_error: {
      heading: '보안 연결을 설정하지 못하였습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템과 보안 연결을 설정하지 못하였습니다.',
      advice: TELL_HELP_DESK,
    },
    tls_certificate_error: {
      heading: '다음 접속 관리 시스템을 확인할 수 없습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템의 인증서를 신뢰할 수 없습니다.',
      advice: TELL_HELP_DESK,
    },
    tls_alert_received: {
      heading: '보안 연결이 거부되었습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 보안 연결을 거부하였습니다.',
      advice: TELL_HELP_DESK,
    },
    http_request_denied: {
      heading: '다른 접속 관리 시스템에서 요청을 거부하였습니다',
      summary: '{site}로 가는 경로에 있는 다른 접속 관리 시스템에서 요청을 거부하였습니다.',
      advice: TELL_HELP_DESK,
    },
    http_request_error: {
      heading: '요청을 전달할 수 없습니다',
      summary: '요청에 올바르지 않은 내용이 있어 {site}에 전달하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    http_response_incomplete: {
      heading: '응답이 도중에 중단되었습니다',
      summary: '{site}의 서버에서 응답을 모두 보내지 않고 연결을 끊었습니다.',
      advice: TRY_AGAIN,
    },
    http_response_header_section_size: {
      heading: '응답을 받아들일 수 없습니다',
      summary: '{site}의 서버에서 보낸 응답 헤더가 이 시스템에서 허용하는 크기를 초과하였습니다.',
      advice: TRY_AGAIN,
    },
    http_response_transfer_coding: {
      heading: '응답을 해석할 수 없습니다',
      summary: '{site}의 서버에서 이 시스템이 지원하지 않는 형식으로 응답하였습니다.',
      advice: TRY_AGAIN,
    },
    http_upgrade_failed: {
      heading: '연결을 전환할 수 없습니다',
      summary: '{site}의 서버에서 요청하지 않은 프로토콜로 전환하였습니다.',
      advice: TRY_AGAIN,
    },
    http_response_timeout: {
      heading: '사이트의 응답이 지연되고 있습니다',
      summary: '{site}의 서버에 연결되었으나 제한 시간 안에 응답을 받지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    http_protocol_error: {
      heading: '사이트의 응답을 해석할 수 없습니다',
      summary: '{site}의 서버에서 올바르지 않은 형식의 응답을 보냈습니다.',
      advice: TRY_AGAIN,
    },
    proxy_internal_error: {
      heading: '접속 관리 시스템에 장애가 발생하였습니다',
      summary:
        '인터넷 접속 관리 시스템의 장애로 {site}에 대한 요청을 처리하지 못하였습니다. 사이트 자체에는 문제가 없을 수 있습니다.',
      advice: TRY_AGAIN,
    },
    proxy_configuration_error: {
      heading: '접속 관리 시스템의 설정에 문제가 있습니다',
      summary:
        '다음 접속 관리 시스템에서 이 시스템을 인증하지 않아 {site}에 대한 요청을 처리하지 못하였습니다.',
      advice: TELL_HELP_DESK,
    },
    proxy_loop_detected: {
      heading: '요청이 순환하고 있습니다',
      summary: '{site}로 가는 경로에 있는 시스템에서 요청이 순환하는 것을 확인하였습니다.',
      advice: TELL_HELP_DESK,
    },
  },
  failedByParent: {
    dns_timeout: {
      heading: '주소 확인이 지연되고 있습니다',
      summary:
        '제한 시간 안에 {site}로 가는 경로에 있는 다음 접속 관리 시스템의 주소를 확인하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    dns_error: {
      heading: '다음 접속 관리 시스템을 찾을 수 없습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템의 이름에 해당하는 주소를 찾을 수 없습니다.',
      advice: TELL_HELP_DESK,
    },
    destination_unavailable: {
      heading: '사이트로 가는 경로를 이용할 수 없습니다',
      summary: '현재 다음 접속 관리 시스템에 연결할 수 없거나, 그 시스템에서 {site}에 연결할 수 없습니다.',
      advice: TRY_AGAIN,
    },
    connection_refused: {
      heading: '다음 접속 관리 시스템에서 연결을 거부하였습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 연결을 거부하였습니다.',
      advice: TRY_AGAIN,
    },
    connection_terminated: {
      heading: '연결이 끊어졌습니다',
      summary: '응답을 받기 전에 {site}로 가는 경로에 있는 다음 접속 관리 시스템에서 연결을 끊었습니다.',
      advice: TRY_AGAIN,
    },
    connection_timeout: {
      heading: '다음 접속 관리 시스템 연결이 지연되고 있습니다',
      summary: '제한 시간 안에 {site}로 가는 경로에 있는 다음 접속 관리 시스템에 연결하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    http_response_timeout: {
      heading: '다음 접속 관리 시스템의 응답이 지연되고 있습니다',
      summary:
        '{site}로 가는 경로에 있는 다음 접속 관리 시스템에 연결되었으나 제한 시간 안에 응답을 받지 못하였습니다.',
      advice: TRY_AGAIN,
    },
    http_protocol_error: {
      heading: '응답을 해석할 수 없습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 올바르지 않은 형식의 응답을 보냈습니다.',
      advice: TELL_HELP_DESK,
    },
    http_response_header_section_size: {
      heading: '응답을 받아들일 수 없습니다',
      summary:
        '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 보낸 응답 헤더가 이 시스템에서 허용하는 크기를 초과하였습니다.',
      advice: TRY_AGAIN,
    },
    http_response_transfer_coding: {
      heading: '응답을 해석할 수 없습니다',
      summary:
        '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 이 시스템이 지원하지 않는 형식으로 응답하였습니다.',
      advice: TRY_AGAIN,
    },
    http_upgrade_failed: {
      heading: '연결을 전환할 수 없습니다',
      summary: '{site}로 가는 경로에 있는 다음 접속 관리 시스템에서 요청하지 않은 프로토콜로 전환하였습니다.',
      advice: TELL_HELP_DESK,
    },
  },
  limited: {
    429: {
      heading: '단말기에서 보내는 요청이 너무 많습니다',
      summary:
        '사용 중인 단말기의 주소({client})에서 허용된 한도를 넘는 연결 또는 요청이 발생하여 {site}에 대한 요청을 처리하지 않았습니다.',
      advice: `사용하지 않는 프로그램과 창을 닫아 주시기 바랍니다. ${TRY_AGAIN}`,
    },
    503: {
      heading: '이용량이 많아 요청을 처리하지 못하였습니다',
      summary: '현재 인터넷 접속 관리 시스템의 이용량이 많아 {site}에 대한 요청을 처리하지 못하였습니다.',
      advice: TRY_AGAIN,
    },
  },
  refused: {
    400: {
      heading: '요청 형식이 올바르지 않습니다',
      summary: '{site}에 대한 요청이 HTTP 규격에 맞지 않아 전달하지 않았습니다.',
      advice: `사이트가 아니라 요청을 보낸 프로그램에 원인이 있습니다. ${TRY_AGAIN}`,
    },
    408: {
      heading: '요청이 제한 시간 안에 도착하지 않았습니다',
      summary: '{site}에 대한 요청이 제한 시간 안에 모두 도착하지 않았습니다.',
      advice: TRY_AGAIN,
    },
    414: {
      heading: '주소가 너무 깁니다',
      summary: '{site}에 요청된 주소가 이 시스템에서 허용하는 길이를 초과하였습니다.',
      advice: TELL_HELP_DESK,
    },
    421: {
      heading: '이 주소는 웹사이트가 아니라 인터넷 접속 관리 시스템입니다',
      summary: '인터넷 접속 관리 시스템의 주소를 직접 여셨습니다. 이곳에는 표시할 내용이 없습니다.',
      advice:
        '이 시스템을 이용하시려면 브라우저의 프록시 서버로 이 주소를 설정하신 다음 http://postern.internal/ 을 열어 주시기 바랍니다. 잘못 접속하셨다면 입력하신 주소를 확인해 주시기 바랍니다.',
    },
    431: {
      heading: '요청 헤더가 너무 큽니다',
      summary: '{site}에 대한 요청의 헤더가 이 시스템에서 허용하는 크기보다 큽니다.',
      advice: `이 사이트의 쿠키를 삭제하면 해결되는 경우가 많습니다. 해결되지 않으면 ${TELL_HELP_DESK}`,
    },
    501: {
      heading: '지원하지 않는 요청입니다',
      summary: '{site}에 대한 요청에 이 시스템에서 지원하지 않는 기능이 포함되어 있습니다.',
      advice: TELL_HELP_DESK,
    },
    505: {
      heading: '지원하지 않는 HTTP 버전입니다',
      summary: '{site}에 대한 요청이 이 시스템에서 지원하지 않는 HTTP 버전으로 전송되었습니다.',
      advice: TELL_HELP_DESK,
    },
  },
  noBlock: '이 화면은 기술적인 문제를 알려 드리는 것이며, 소속 기관의 정책에 따른 차단이 아닙니다.',
  quoteTheCode: '문의하실 때 이 번호를 알려 주시면 해당 접속 내역을 바로 확인할 수 있습니다.',
  mailSubject: '인터넷 접속 문의',
  askForAccess: '접속 허용 신청',
  copyDetails: '상세 정보 복사',
  howToCopy: '입력란을 누른 뒤 Ctrl+A, Ctrl+C를 차례로 누르면 모두 복사됩니다(Mac: ⌘A, ⌘C).',
  origin: '이 화면은 {site}가 아니라 소속 기관의 인터넷 접속 관리 시스템(Postern)에서 표시한 것입니다.',
  gateway: '인터넷 접속 관리 시스템',
  labels: {
    reason: '차단 사유',
    problem: '오류 내용',
    reference: '관련 근거',
    alternatives: '대신 이용하실 수 있는 서비스',
    help: '도움이 필요하신가요?',
    code: '문의 번호',
    email: '이메일',
    phone: '전화',
    url: '누리집',
    technical: '기술 정보',
    department: '소속 기관',
    time: '일시',
    host: '접속 대상',
    client: '단말기 주소',
    rule: '적용 규칙',
    port: '포트',
    range: '주소 유형',
    limit: '초과 한도',
    answer: '응답',
  },
  ranges: {
    loopback: '시스템 자체 주소(루프백)',
    private: '사설망 주소',
    'cloud-metadata': '클라우드 메타데이터 주소',
    'link-local': '링크 로컬 주소',
    'unique-local': '사설망 주소(IPv6)',
    'site-local': '사설망 주소(IPv6, 폐지됨)',
    'carrier-grade-nat': '통신사 공유 주소',
    unspecified: '지정되지 않은 주소',
    multicast: '멀티캐스트 주소',
    broadcast: '브로드캐스트 주소',
    '6to4': 'IPv4 주소를 담은 IPv6 주소(6to4)',
    teredo: 'IPv4 주소를 담은 IPv6 주소(Teredo)',
    'ipv4-translated': 'IPv4 주소를 담은 IPv6 주소',
    reserved: '특수 용도로 예약된 주소',
    'not-global-unicast': '인터넷에서 사용되지 않는 주소',
    unparsable: '올바르지 않은 주소',
    'own-listener': '인터넷 접속 관리 시스템 자체',
  },
};
