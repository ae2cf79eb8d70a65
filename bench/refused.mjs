// @ts-check
/** What a contender throws at a case that it cannot do, where it can do others: a line of the report and no row. */
export class Refused extends Error {}
