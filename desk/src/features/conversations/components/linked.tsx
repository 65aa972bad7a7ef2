// A text as it was written, with its addresses made into links. Nothing else is interpreted.
import { Fragment } from 'react'

const ADDRESS = /(https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]])/g

export function Linked({ text }: { text: string }) {
  return (
    <>
      {text.split(ADDRESS).map((part, index) => {
        const key = `${index} ${part}`
        if (index % 2 === 0) return <Fragment key={key}>{part}</Fragment>
        return <a key={key} href={part} target="_blank" rel="noreferrer noopener nofollow">{part}</a>
      })}
    </>
  )
}
