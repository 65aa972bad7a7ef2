// Uploads one file for what is being written, and says what it shows.
import { call } from './client'
import type { Upload } from './types'

export function uploadFile(file: File, signal?: AbortSignal): Promise<Upload> {
  const form = new FormData()
  form.append('file', file, file.name)
  return call<Upload>('POST', '/uploads', { body: form, signal })
}

export function describeUpload(id: string, alt: string): Promise<Upload> {
  return call<Upload>('PATCH', `/uploads/${id}`, { body: { alt } })
}
