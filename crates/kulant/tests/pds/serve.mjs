// Starts the real server (@atproto/pds) with its data in the folder that is given, between stand-ins for
// the directory of identities and the network's view, prints its address, and ends with standard input.
//
//   node serve.mjs FOLDER_OF_PACKAGES FOLDER_OF_DATA

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startDirectory } from './directory.mjs';
import { startViews } from './views.mjs';

const [packages, folder] = process.argv.slice(2);
const { PDS, envToCfg, envToSecrets } = createRequire(join(packages, 'package.json'))('@atproto/pds');

const port = await freePort();
const address = `http://localhost:${port}`;
const secret = () => randomBytes(32).toString('hex');
const settings = {
  port,
  hostname: 'localhost',
  dataDirectory: folder,
  blobstoreDiskLocation: join(folder, 'blobs'),
  didPlcUrl: await startDirectory(),
  bskyAppViewUrl: await startViews(address),
  bskyAppViewDid: 'did:web:views.test',
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  enableDidDocWithSession: true,
  devMode: true,
  disableSsrfProtection: true,
  jwtSecret: secret(),
  dpopSecret: secret(),
  adminPassword: secret(),
  plcRotationKeyK256PrivateKeyHex: secret(),
};
const server = await PDS.create(envToCfg(settings), envToSecrets(settings));
await server.start();
console.log(address);

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

async function freePort() {
  const listener = createServer();
  await new Promise((listening) => listener.listen(0, '127.0.0.1', listening));
  const { port } = listener.address();
  await new Promise((closed) => listener.close(closed));
  return port;
}
