// The nonce that the server's content security policy asks of style elements made at run time.

/** Tells the nonce of this page; empty where no server has given one (development, tests). */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}

/** Hands the nonce to the scroll lock of dialogs, which looks for it under this name only. */
export function shareNonce() {
  const nonce = styleNonce()
  if (nonce) Object.assign(globalThis, { __webpack_nonce__: nonce })
}
