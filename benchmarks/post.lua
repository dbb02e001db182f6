-- wrk posts one body again and again. After "pair", each redirect is followed by the page load that
-- it asks for, with its cookie, as the browser that posted would.

failed = 0

local path, body, pair
local pages = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  path, body, pair = args[1], args[2], args[3] == "pair"
  wrk.headers["Content-Type"] = args[4]
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
  if pair and status == 303 then
    local cookie = headers["set-cookie"] or headers["Set-Cookie"]
    local location = headers["location"] or headers["Location"]
    table.insert(pages, { path = location, cookie = cookie:match("^[^;]+") })
  elseif status ~= 200 or (pair and not content:find('role="status"', 1, true)) then
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
