// Files chosen for a reply: uploading at once, so that sending need not wait.
import { useCallback, useState } from 'react'
import { useProblemText } from '../../../components/use-problem-text'
import type { Upload } from '../../../lib/api/types'
import { uploadFile } from '../api/upload-file'

export interface Uploading { key: string; name: string; size: number; upload: Upload | null; trouble: string | null }

let nextKey = 1

export function useUploads() {
  const describe = useProblemText()
  const [files, setFiles] = useState<Uploading[]>([])
  const add = useCallback(
    (chosen: Iterable<File>) => {
      for (const file of chosen) {
        const key = `file-${nextKey++}`
        setFiles((known) => [...known, { key, name: file.name, size: file.size, upload: null, trouble: null }])
        const settle = (part: Partial<Uploading>) =>
          setFiles((known) => known.map((item) => (item.key === key ? { ...item, ...part } : item)))
        uploadFile(file).then(
          (upload) => settle({ upload }),
          (problem: unknown) => settle({ trouble: describe(problem) }),
        )
      }
    },
    [describe],
  )
  const remove = useCallback((key: string) => setFiles((known) => known.filter((item) => item.key !== key)), [])
  const clear = useCallback(() => setFiles([]), [])
  return { files, add, remove, clear }
}
