// A text with the searched words marked.
import { Fragment } from 'react'

export function Highlighted({ text, words }: { text: string; words: string }) {
  const wanted = words.split(/\s+/).filter((word) => word.length > 1)
  if (wanted.length === 0) return <>{text}</>
  const pattern = new RegExp(`(${wanted.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`, 'giu')
  return (
    <>
      {text.split(pattern).map((part, index) => {
        const key = `${index} ${part}`
        return index % 2 === 1 ? <mark key={key}>{part}</mark> : <Fragment key={key}>{part}</Fragment>
      })}
    </>
  )
}
