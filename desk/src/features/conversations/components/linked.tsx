// A text as it was written, with its addresses made into links. Nothing else is interpreted.
import { Fragment } from 'react'

const ADDRESS = /(https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/g

export function Linked({ text }: { text: string }) {
  let at = 0
  return (
    <>
      {text.split(ADDRESS).map((part, index) => {
        at += part.length
        if (index % 2 === 0) return <Fragment key={at}>{part}</Fragment>
        return <a key={at} href={part} target="_blank" rel="noreferrer noopener nofollow">{part}</a>
      })}
    </>
  )
}
