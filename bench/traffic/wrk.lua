-- A script for wrk that asks a proxy: targets in absolute form (RFC 9112 section 3.2.2), each reply held against what it
-- must be. Arguments: the status, the length of the body, what stands in the body, then the targets to ask for in turn.

wrong = 0
first = ""
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  status, length, marker = tonumber(args[1]), tonumber(args[2]), args[3]
  requests, at = {}, 0
  for place = 4, #args do
    local target = args[place]
    requests[place - 3] = "GET " .. target .. " HTTP/1.1\r\nHost: " .. target:match("^http://([^/]+)") ..
      "\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nUser-Agent: bench\r\n\r\n"
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function response(gotStatus, _, body)
  if gotStatus == status and #body == length and body:find(marker, 1, true) then return end
  wrong = wrong + 1
  if wrong == 1 then first = "status " .. gotStatus .. ", " .. #body .. " bytes" end
end

-- One line: requests, microseconds, p50 and p99 in microseconds, wrong replies, connections that failed, connections
-- that were closed in place of a reply, and what the first wrong reply was.
function done(summary, latency)
  local wrongs, firsts = 0, ""
  for _, thread in ipairs(threads) do
    wrongs = wrongs + thread:get("wrong")
    if firsts == "" then firsts = thread:get("first") end
  end
  local errors = summary.errors
  io.write(string.format("\nresult %d %d %d %d %d %d %d %s\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    wrongs, errors.connect + errors.write + errors.timeout, errors.read, firsts))
end
