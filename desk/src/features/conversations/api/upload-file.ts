// Uploads one file for a reply.
import { call } from '../../../lib/api/client'
import type { Upload } from '../../../lib/api/types'

export function uploadFile(file: File, signal?: AbortSignal): Promise<Upload> {
  const form = new FormData()
  form.append('file', file, file.name)
  return call<Upload>('POST', '/uploads', { body: form, signal })
}
