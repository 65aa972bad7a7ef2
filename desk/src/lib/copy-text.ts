// Puts a text on the clipboard, also where the page was not opened by https and the browser's own way is closed.
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const held = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // Inside a dialog, which holds the focus.
  ;(held?.closest('[role="dialog"]') ?? document.body).append(field)
  field.select()
  const done = document.execCommand?.('copy') ?? false
  field.remove()
  if (held instanceof HTMLElement) held.focus()
  return done
}
