// Files chosen for what is being written: uploading at once, so that sending need not wait; pictures with their words.
import { useCallback, useEffect, useRef, useState } from 'react'
import { describeUpload, uploadFile } from '../lib/api/upload-file'
import type { Upload } from '../lib/api/types'
import { useProblemText } from './use-problem-text'

export interface Uploading {
  key: string
  name: string
  size: number
  /** Where this browser shows it, if it is a picture. */
  picture: string | null
  /** What it shows, for those who do not see it. */
  alt: string
  upload: Upload | null
  trouble: string | null
}

/** As many characters as the network with the least room for them takes. */
export const LONGEST_ALT = 1000

let nextKey = 1

export function useUploads() {
  const describe = useProblemText()
  const [files, setFiles] = useState<Uploading[]>([])
  const shown = useRef<string[]>([])
  const change = useCallback((key: string, part: Partial<Uploading>) => setFiles((known) => known.map((item) => (item.key === key ? { ...item, ...part } : item))), [])
  const add = useCallback(
    (chosen: Iterable<File>) => {
      for (const file of chosen) {
        const key = `file-${nextKey++}`
        const picture = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
        if (picture) shown.current.push(picture)
        setFiles((known) => [...known, { key, name: file.name, size: file.size, picture, alt: '', upload: null, trouble: null }])
        uploadFile(file).then(
          (upload) => change(key, { upload }),
          (problem: unknown) => change(key, { trouble: describe(problem) }),
        )
      }
    },
    [change, describe],
  )
  useEffect(() => () => shown.current.forEach((picture) => URL.revokeObjectURL(picture)), [])
  const remove = useCallback((key: string) => setFiles((known) => known.filter((item) => item.key !== key)), [])
  const clear = useCallback(() => setFiles([]), [])
  const setAlt = useCallback((key: string, alt: string) => change(key, { alt }), [change])
  /** Tells the server what the pictures show, before they go. */
  const keepWords = useCallback(async () => {
    for (const { key, alt, upload } of files) {
      if (upload && alt.trim() !== (upload.alt ?? '')) change(key, { upload: await describeUpload(upload.id, alt.trim()) })
    }
  }, [files, change])
  return {
    files,
    ids: files.flatMap((file) => (file.upload ? [file.upload.id] : [])),
    busy: files.some((file) => !file.upload && !file.trouble),
    add, remove, clear, setAlt, keepWords,
  }
}

export type Uploads = ReturnType<typeof useUploads>
