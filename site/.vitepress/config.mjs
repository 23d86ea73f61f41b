import { defineConfig } from 'vitepress';
import apiSidebar from '../pages/api/typedoc-sidebar.json' with { type: 'json' };

function section(text, items) {
  return { text, items: items.map(([text, link]) => ({ text, link })) };
}

/** Heading anchors as GitHub makes them, so that links work in both places. */
function slugify(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

export default defineConfig({
  title: 'Guestwire',
  description: 'The QEMU guest agent in TypeScript: agent, client library, command line',
  srcDir: 'pages',
  outDir: 'dist',
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  cleanUrls: true,
  markdown: { anchor: { slugify }, html: true },
  themeConfig: {
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/guestwire/guestwire' }],
    nav: [
      { text: 'Guide', link: '/client' },
      { text: 'Commands', link: '/commands' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/api/': [{ text: 'API', items: apiSidebar }],
      '/': [
        section('Use', [
          ['Client library', '/client'],
          ['guestctl', '/guestctl'],
          ['Testing', '/testing'],
          ['Packaging of guestd', '/packaging'],
          ['Runtimes and packages', '/publishing'],
        ]),
        section('Reference', [
          ['Commands', '/commands'],
          ['Compatibility', '/compatibility'],
          ['Behaviour of qemu-ga', '/qemu-ga-behaviour'],
        ]),
        section('Develop', [
          ['Architecture', '/architecture'],
          ['Decisions', '/decisions/'],
          ['Reliability', '/reliability'],
          ['Laboratory', '/laboratory'],
          ['Style', '/style'],
          ['Glossary', '/glossary'],
        ]),
      ],
    },
  },
});
