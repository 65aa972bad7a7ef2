// Types for the catalogues as the build cuts them (words.ts beside vite.config.ts).
declare module 'words:*' {
  const words: Record<string, object>
  export default words
}
