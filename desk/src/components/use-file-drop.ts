// Takes files that are dragged onto a place or pasted into it; words that are pasted stay words.
import { type ClipboardEvent, type DragEvent, useState } from 'react'

export function useFileDrop(add: (files: Iterable<File>) => void) {
  const [dragging, setDragging] = useState(false)
  const carriesFiles = (event: DragEvent) => [...event.dataTransfer.types].includes('Files')
  return {
    dragging,
    place: {
      onDragOver: (event: DragEvent) => {
        if (!carriesFiles(event)) return
        event.preventDefault()
        setDragging(true)
      },
      onDragLeave: (event: DragEvent) => {
        const to = event.relatedTarget
        if (!(to instanceof Node && event.currentTarget.contains(to))) setDragging(false)
      },
      onDrop: (event: DragEvent) => {
        setDragging(false)
        if (event.dataTransfer.files.length === 0) return
        event.preventDefault()
        add(event.dataTransfer.files)
      },
      onPaste: (event: ClipboardEvent) => {
        // What was copied from a table or a letter brings a picture of its words along.
        const { files, types } = event.clipboardData
        if (files.length === 0 || [...types].includes('text/plain')) return
        event.preventDefault()
        add(files)
      },
    },
  }
}
