-- Puts distinct bodies of 10 KB; one connection for each thread, so that a thread knows its own answers.
-- Arguments: the protocol (raw | docker | form), the file with names and digests, the file with the rest of each body.
local threads = {}

function setup(thread)
  thread:set("index", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  protocol, pushed, refused, position = arguments[1], 0, 0, 0
  entries = {}
  local number = 0
  for line in io.lines(arguments[2]) do
    if number % 8 == index then table.insert(entries, line) end
    number = number + 1
  end
  local file = io.open(arguments[3], "rb")
  base = file:read("*a")
  file:close()
  root, place = wrk.path, nil
  wrk.headers["Content-Type"] = "application/octet-stream"
end

local function next_entry()
  position = position + 1
  local entry = entries[position]
  if entry == nil then error("there are too few names for this speed") end
  return entry:match("^(%S+) (%S+)$")
end

local function form(name)
  local b = "----------------benchmark"
  wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. b
  local text = function(field, value)
    return "--" .. b .. '\r\nContent-Disposition: form-data; name="' .. field .. '"\r\n\r\n' .. value .. "\r\n"
  end
  return text(":action", "file_upload") .. text("name", "bench") .. "--" .. b ..
    '\r\nContent-Disposition: form-data; name="content"; filename="bench-1.0.' .. tonumber(name:sub(-6)) ..
    "+" .. name:sub(1, 10) .. '.tar.gz"\r\nContent-Type: application/octet-stream\r\n\r\n' ..
    name .. base .. "\r\n--" .. b .. "--\r\n"
end

function request()
  if protocol == "docker" then
    if place == nil then return wrk.format("POST", root .. "/blobs/uploads/", nil, "") end
    return wrk.format("PUT", place .. "&digest=sha256:" .. digest, nil, name .. base)
  end
  name, digest = next_entry()
  if protocol == "form" then return wrk.format("POST", root, nil, form(name)) end
  return wrk.format("PUT", root .. "/" .. name .. ".bin", nil, name .. base)
end

function response(status, headers, body)
  if protocol == "docker" and status == 202 then
    place = headers["Location"]:match("^https?://[^/]+(/.*)$")
    name, digest = next_entry()
  elseif status == 200 or status == 201 then
    pushed, place = pushed + 1, nil
  else
    refused, place = refused + 1, nil
  end
end

function done(summary, latency, requests)
  local e, pushes, refusals = summary.errors, 0, 0
  for _, thread in ipairs(threads) do
    pushes, refusals = pushes + thread:get("pushed"), refusals + thread:get("refused")
  end
  io.write(string.format('{"done": %d, "failed": %d, "seconds": %f, "median": %f, "p99": %f}\n',
    pushes, refusals + e.connect + e.read + e.write + e.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
