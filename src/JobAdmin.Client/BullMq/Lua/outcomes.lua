-- What became of each id, told in their order: a code or an error text, and the state it was in, '' where that is not known. Neighbours that are alike share an
-- entry: code, state, how many.
local outcomes, told = {}, 0
local function tell(code, state)
  if told > 0 and outcomes[told - 2] == code and outcomes[told - 1] == state then
    outcomes[told] = outcomes[told] + 1
  else
    outcomes[told + 1], outcomes[told + 2], outcomes[told + 3] = code, state, 1
    told = told + 3
  end
end

-- The code of a function that ran under pcall, or the text of its error.
local function codeOf(ok, result)
  if ok then return result end
  return type(result) == 'table' and result.err or tostring(result)
end
