// The list pane: header, virtual rows, the pill for what has arrived, and moving by keys.
import { Button } from '@mantine/core'
import IconArrowUp from '@tabler/icons-react/dist/esm/icons/IconArrowUp.mjs'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from '../../../components/problem-notice'
import { type Filters, type ListSearch, matches } from '../../../lib/filters'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { useStore } from '../../../lib/store'
import { select, selectionStore, selectNone } from '../hooks/selection'
import { useList } from '../hooks/use-list'
import { useNeighbours } from '../hooks/use-neighbours'
import classes from './conversation-list.module.css'
import { contactName, ConversationRow, ROW_HEIGHT } from './conversation-row'
import { ListEmpty, ListSkeleton } from './list-states'
import { RowCheck } from './row-check'
import { SelectionBar } from './selection-bar'

interface Props {
  filters: Filters
  search: ListSearch
  agentId: string
  selectedId: string | null
  hrefFor: (id: string) => string
  onOpen: (id: string) => void
  onClearFilters: () => void
}

export function ConversationList(props: Props) {
  const { filters, search, agentId, selectedId, hrefFor, onOpen, onClearFilters } = props
  const { t } = useTranslation()
  const scroll = useRef<HTMLDivElement>(null)
  const [atTop, setAtTop] = useState(true)
  const [hovered, setHovered] = useState(false)
  const [cursorId, setCursorId] = useState<string | null>(null)
  const { query, rows, arrivals, settle } = useList(filters, agentId, { atTop, hovered, selectedId })
  const lastIndex = useRef(-1)
  const selectedIndex = rows.findIndex((row) => row.id === selectedId)
  useEffect(() => {
    if (selectedIndex >= 0) lastIndex.current = selectedIndex
  }, [selectedIndex])
  useNeighbours(rows, selectedIndex >= 0 ? selectedIndex : 0)

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  })
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown > rows.length - 15) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, rows.length])

  const focusRow = useCallback(
    (index: number) => {
      const row = rows[index]
      if (!row) return
      setCursorId(row.id)
      virtual.scrollToIndex(index)
      const focus = () => document.getElementById(`row-${row.id}`)?.focus({ preventScroll: true })
      // At once where it is drawn already: the next key may follow before the next frame.
      if (document.getElementById(`row-${row.id}`)) focus()
      else requestAnimationFrame(focus)
    },
    [rows, virtual],
  )
  const move = (step: 1 | -1) => {
    const inList = scroll.current?.contains(document.activeElement)
    if (inList || selectedId === null) {
      const from = rows.findIndex((row) => row.id === (cursorId ?? selectedId))
      focusRow(Math.min(rows.length - 1, Math.max(0, inList ? from + step : Math.max(from, 0))))
      return
    }
    const from = selectedIndex >= 0 ? selectedIndex : lastIndex.current - (step === 1 ? 1 : 0)
    const next = rows[from + step]
    if (next) {
      virtual.scrollToIndex(from + step)
      onOpen(next.id)
    }
  }
  useShortcut('next', () => move(1))
  useShortcut('previous', () => move(-1))
  useShortcut('back', () => {
    if (scroll.current?.contains(document.activeElement) || selectedIndex < 0) return false
    focusRow(selectedIndex)
  }, selectedIndex >= 0)

  const chosen = useStore(selectionStore)
  const order = rows.map((row) => row.id)
  // Another list has other rows: nobody is written to who is not seen any more.
  const listed = JSON.stringify(filters)
  useEffect(() => selectNone, [listed])
  useShortcut('select', () => {
    const inList = scroll.current?.contains(document.activeElement)
    const id = inList ? (cursorId ?? selectedId) : (selectedId ?? cursorId)
    if (id === null || !order.includes(id)) return false
    select(id, order)
  })

  const focusable = rows.some((row) => row.id === cursorId) ? cursorId : (selectedId ?? rows[0]?.id)
  const words = filters.q ?? ''
  return (
    <div className={classes.list}>
      {arrivals.length > 0 && (
        <Button
          className={classes.pill}
          size="compact-sm"
          radius="xl"
          leftSection={<IconArrowUp size={14} aria-hidden="true" />}
          onClick={() => {
            settle()
            virtual.scrollToOffset(0)
          }}
        >
          {t('desk.list.arrivals', { count: arrivals.length })}
        </Button>
      )}
      <div
        ref={scroll}
        className={classes.scroll}
        tabIndex={-1}
        onScroll={(event) => setAtTop(event.currentTarget.scrollTop < 8)}
        onMouseEnter={() => setHovered(true)}
        onMouseLeave={() => setHovered(false)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            move(event.key === 'ArrowDown' ? 1 : -1)
          }
        }}
      >
        {query.isPending && <ListSkeleton />}
        {query.isError && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
        {query.isSuccess && rows.length === 0 && <ListEmpty search={search} onClear={onClearFilters} />}
        {rows.length > 0 && (
          <ul className={classes.rows} style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = rows[item.index]
              return row && (
                <li key={item.key} className={classes.item} style={{ transform: `translateY(${item.start}px)` }}>
                  <RowCheck
                    name={contactName(row, t('desk.contact.unknown'))}
                    checked={chosen.includes(row.id)}
                    shown={chosen.length > 0}
                    onCheck={(range) => select(row.id, order, range)}
                  />
                  <ConversationRow
                    conversation={row}
                    href={hrefFor(row.id)}
                    selected={row.id === selectedId}
                    focusable={row.id === focusable}
                    left={matches(row, filters, agentId) === false}
                    withTeam={filters.team === undefined || filters.team.includes(',')}
                    withOwner={filters.assignee !== 'me'}
                    words={words}
                    onOpen={onOpen}
                  />
                </li>
              )
            })}
          </ul>
        )}
      </div>
      <SelectionBar ids={chosen} rows={rows} />
    </div>
  )
}
