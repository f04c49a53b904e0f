// The editor as one ES module, with the licences of what is in it; finish.js does the rest.

import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    outDir: "dist",
    target: "es2022",
    modulePreload: false,
    license: { fileName: "licences.json" },
    rolldownOptions: {
      input: { editor: "editor/editor.js" },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
