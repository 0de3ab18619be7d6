/** @file What a pattern is, for the help of the commands that take one. */

export const PATTERN_HELP = `
A pattern is words with blanks between them: BOS; a name such as A or X2, the same random token
wherever it stands; X*3 for X1 X2 X3; R, R*5 or ... (five) for tokens that are drawn anew each time;
#123 for the token of that id. "? B D" at its end names the right and the wrong answer at the last
token.
`;
