-- Prints what wrk has seen as one line of JSON. Times from wrk are in microseconds.
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"done": %d, "failed": %d, "seconds": %f, "median": %f, "p99": %f}\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
