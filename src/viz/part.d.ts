/** A script or style as text, and its hash for a Content-Security-Policy: scripts/toolchain/page-parts.mjs makes them. */
declare module '*?part' {
  export const text: string;
  export const hash: string;
}
