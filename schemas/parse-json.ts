/** Deeper than anything we or our callers mean to send; what is nested some thousand levels deep exhausts the stack of its readers. */
export const DEEPEST_JSON = 100;

/**
 * JSON of somebody else: as `JSON.parse`, but it may not be nested deeper than `DEEPEST_JSON` levels, so that whatever walks
 * the value later cannot fail for its depth.
 * @throws SyntaxError when it is not JSON, or nested too deeply
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`The JSON is nested deeper than ${DEEPEST_JSON} levels.`);
  return JSON.parse(text);
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === OPEN || code === OPEN_LIST) {
      depth += 1;
      if (depth > DEEPEST_JSON) return true;
    } else if (code === CLOSE || code === CLOSE_LIST) depth -= 1;
  }
  return false;
}
