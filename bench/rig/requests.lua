-- What wrk sends: with a file of subjects, each request asks for another one; with a count, no text comes twice.
-- Arguments: host, path before the subject, path after it, file of subjects or "-", first number or "-", then
-- headers as "Name: value". A text that is the same each time is put together once. Lua itself writes a number
-- with 14 digits, which made ten of these the same text.
local before, after, subjects, number, fixed

function init(args)
  wrk.headers["Host"] = args[1]
  before, after = args[2], args[3]
  if args[4] ~= "-" then
    subjects = {}
    for line in io.lines(args[4]) do subjects[#subjects + 1] = line end
  end
  number = tonumber(args[5])
  for place = 6, #args do
    local name, value = args[place]:match("^([^:]+): (.*)$")
    wrk.headers[name] = value
  end
  if not number then fixed = wrk.format("GET", before .. after) end
end

function request()
  if fixed then return fixed end
  number = number + 1
  local subject = subjects and subjects[number % #subjects + 1] or ""
  return wrk.format("GET", before .. subject .. after .. string.format("%.0f", number))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'DONE {"requests": %d, "seconds": %.6f, "bytes": %d, "status": %d, "broken": %d, "timeout": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
