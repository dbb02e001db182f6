-- wrk posts one body again and again, and each answer must have the status that is named. A 303 is
-- followed by the page load that it asks for, with its cookie, as the browser that posted would.

failed = 0

local path, body, expected
local pages = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  path, body, expected = args[1], args[2], tonumber(args[3])
end

local function with_cookie(cookie)
  local headers = {}
  for name, value in pairs(wrk.headers) do
    if name ~= "Content-Type" and name ~= "Origin" then
      headers[name] = value
    end
  end
  headers["Cookie"] = cookie
  return headers
end

function request()
  local page = table.remove(pages)
  if page then
    return wrk.format("GET", page.path, with_cookie(page.cookie))
  end
  return wrk.format("POST", path, nil, body)
end

function response(status, headers, content)
  if status == 303 and expected == 303 then
    local cookie = headers["set-cookie"] or headers["Set-Cookie"]
    local location = headers["location"] or headers["Location"]
    table.insert(pages, { path = location, cookie = cookie:match("^[^;]+") })
  elseif expected == 303 then
    if status ~= 200 or not content:find('role="status"', 1, true) then
      failed = failed + 1
    end
  elseif status ~= expected then
    failed = failed + 1
  end
end

function done(summary)
  local wrong = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("failed")
  end
  print(string.format("requests %d microseconds %d failed %d", summary.requests, summary.duration, wrong))
end
