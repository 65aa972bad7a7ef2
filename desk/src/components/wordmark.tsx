// kulant's own sign: the wordmark with a speech mark whose tail bows a little.
import classes from './wordmark.module.css'

export function Wordmark({ large = false }: { large?: boolean }) {
  return (
    <span className={classes.wordmark} data-large={large || undefined}>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <path
          className={classes.ground}
          d="M9 2h14a7 7 0 0 1 7 7v10a7 7 0 0 1-7 7h-8.500L8.200 30.600A1 1 0 0 1 6.500 29.900V25.500A7 7 0 0 1 2 19V9a7 7 0 0 1 7-7z"
        />
        <path className={classes.letter} d="M9.500 7.500h3.400v5.300l5-5.300h4.300l-5.500 5.700 6 7.800h-4.200l-4.200-5.600-1.400 1.500v4.100H9.500z" />
      </svg>
      <span>kulant</span>
    </span>
  )
}
