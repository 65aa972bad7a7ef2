// Above the list: which view, how many, the search, the filters that are set.
import { Menu } from '@mantine/core'
import IconAdjustmentsHorizontal from '@tabler/icons-react/dist/esm/icons/IconAdjustmentsHorizontal.mjs'
import IconCheck from '@tabler/icons-react/dist/esm/icons/IconCheck.mjs'
import IconSearch from '@tabler/icons-react/dist/esm/icons/IconSearch.mjs'
import IconSortDescending from '@tabler/icons-react/dist/esm/icons/IconSortDescending.mjs'
import IconX from '@tabler/icons-react/dist/esm/icons/IconX.mjs'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../../components/icon-button'
import { Picker } from '../../../components/picker'
import { countExtraFilters, type FilterKey, type Filters, type ListSearch, wordsOverView } from '../../../lib/filters'
import { useShortcut } from '../../../lib/shortcuts/use-shortcut'
import { useFilterChoices } from '../hooks/use-filter-choices'
import classes from './list-header.module.css'

interface Props {
  heading: 'h1' | 'h2'
  title: string
  count: string
  search: ListSearch
  filters: Filters
  /** What the view itself filters by. */
  base: Filters
  onSearch: (change: Partial<Record<FilterKey, string | undefined>>) => void
  /** What stands before the title on small screens. */
  lead?: ReactNode
  tail?: ReactNode
}

const SORTS = ['newest', 'oldest', 'waiting'] as const

export function ListHeader({ heading: Heading, title, count, search, filters, base, onSearch, lead, tail }: Props) {
  const { t } = useTranslation()
  const [filtering, setFiltering] = useState(false)
  const { choices, chosen, toggle } = useFilterChoices(search, filters, base, onSearch)
  const extra = countExtraFilters(search)
  return (
    <div className={classes.header}>
      <div className={classes.title}>
        {lead}
        <Heading className={classes.name}>{title}</Heading>
        <span className={classes.count}>{count}</span>
        <span className={classes.tools}>
          {tail}
          <Menu position="bottom-end">
            <Menu.Target>
              <IconButton label={t('desk.list.sort')}>
                <IconSortDescending size={18} stroke={1.7} aria-hidden="true" />
              </IconButton>
            </Menu.Target>
            <Menu.Dropdown>
              {SORTS.map((sort) => (
                <Menu.Item
                  key={sort}
                  rightSection={(filters.sort ?? 'newest') === sort && <IconCheck size={15} aria-hidden="true" />}
                  onClick={() => onSearch({ sort: sort === 'newest' ? undefined : sort })}
                >
                  {t(`desk.sort.${sort}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Picker label={t('desk.list.filter')} choices={choices} chosen={chosen} opened={filtering} onOpen={setFiltering} onChoose={toggle} keepOpen>
            <IconButton label={t('desk.list.filter')} onClick={() => setFiltering(!filtering)} pressed={extra > 0} expanded={filtering}>
              <IconAdjustmentsHorizontal size={18} stroke={1.7} aria-hidden="true" />
            </IconButton>
          </Picker>
        </span>
      </div>
      <SearchField value={filters.q ?? ''} onChange={(q) => onSearch({ q: wordsOverView(q, base) })} />
      {extra > 0 && (
        <ul className={classes.chips} aria-label={t('desk.list.filters_set')}>
          {choices.filter((choice) => chosen.includes(choice.id) && search[choice.id.split(':')[0] as FilterKey]).map((choice) => (
            <li key={choice.id}>
              <button type="button" className={classes.chip} onClick={() => toggle(choice.id)} aria-label={t('desk.list.remove_filter', { name: choice.label })}>
                {choice.label} <IconX size={12} aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function SearchField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation()
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const asked = useRef(value)
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  // What comes back of one's own words must not overwrite what was typed in the meantime.
  useEffect(() => {
    if (value === asked.current) return
    asked.current = value
    setText(value)
  }, [value])
  useEffect(() => {
    const words = text.trim()
    if (words === asked.current) return
    const timer = setTimeout(() => {
      asked.current = words
      latest.current(words)
    }, 220)
    return () => clearTimeout(timer)
  }, [text])
  useShortcut('search', () => field.current?.select())
  return (
    <div className={classes.search} role="search">
      <IconSearch size={16} stroke={1.7} aria-hidden="true" />
      <input
        ref={field}
        type="search"
        value={text}
        placeholder={t('desk.list.search')}
        aria-label={t('desk.list.search')}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            setText('')
            event.currentTarget.blur()
          }
        }}
      />
      {text === '' && <kbd className={classes.slash} aria-hidden="true">/</kbd>}
    </div>
  )
}
