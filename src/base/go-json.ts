// Go's encoder writes JSON so that it may stand in a page: what could end a script element is escaped, and so are the two
// line ends that only JavaScript knows. [go encoding/json HTMLEscape]

/** @param json what JSON.stringify made: there these characters stand inside of strings only */
export function escapedAsGo(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
