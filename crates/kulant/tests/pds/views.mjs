// Stands in for the network's view of all servers (the AppView), which no single server has: reads the
// one real server's repositories anew with every question, and tells who named or answered whom.

import { createServer } from 'node:http';

const POST = 'app.bsky.feed.post';
const MENTION = 'app.bsky.richtext.facet#mention';

/** Starts it on a free port for the server at `pds` and returns its address. */
export async function startViews(pds) {
  // When a post was first seen: the network's time, whatever its author wrote into it.
  const seen = new Map();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://views');
    const told = { '/xrpc/app.bsky.notification.listNotifications': notifications, '/xrpc/app.bsky.feed.getPosts': posts }[
      url.pathname
    ];
    const [status, body] = told
      ? [200, await told(pds, seen, url.searchParams, asking(request))]
      : [501, { error: 'MethodNotImplemented', message: `${url.pathname} is not here` }];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Who asks: the server speaks for its accounts by a token of its own. */
function asking(request) {
  const payload = (request.headers.authorization ?? '').split('.')[1] ?? '';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString() || '{}');
  return claims.iss;
}

async function notifications(pds, seen, _query, did) {
  const found = [];
  for (const post of await everyPost(pds, seen)) {
    const reason = reasonFor(post.value, did);
    if (!reason || post.author.did === did) continue;
    found.push({
      uri: post.uri,
      cid: post.cid,
      author: post.author,
      reason,
      record: post.value,
      isRead: false,
      indexedAt: post.seenAt,
      labels: [],
    });
  }
  found.sort((one, other) => other.indexedAt.localeCompare(one.indexedAt));
  return { notifications: found };
}

function reasonFor(record, did) {
  const features = (record.facets ?? []).flatMap((facet) => facet.features);
  if (record.reply?.parent.uri.startsWith(`at://${did}/`)) return 'reply';
  return features.some((feature) => feature.$type === MENTION && feature.did === did) ? 'mention' : null;
}

async function posts(pds, seen, query) {
  const wanted = query.getAll('uris');
  const found = (await everyPost(pds, seen)).filter((post) => wanted.includes(post.uri));
  return {
    posts: found.map((post) => ({
      uri: post.uri,
      cid: post.cid,
      author: post.author,
      record: post.value,
      indexedAt: post.seenAt,
    })),
  };
}

async function everyPost(pds, seen) {
  const all = [];
  const { repos } = await ask(pds, 'com.atproto.sync.listRepos?limit=100');
  for (const { did } of repos) {
    const { handle } = await ask(pds, `com.atproto.repo.describeRepo?repo=${did}`);
    const { records } = await ask(pds, `com.atproto.repo.listRecords?repo=${did}&collection=${POST}&limit=100`);
    for (const record of records) {
      if (!seen.has(record.uri)) seen.set(record.uri, new Date().toISOString());
      all.push({ ...record, author: { did, handle }, seenAt: seen.get(record.uri) });
    }
  }
  return all;
}

async function ask(pds, question) {
  const answer = await fetch(`${pds}/xrpc/${question}`);
  if (!answer.ok) throw new Error(`${question}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
