// Stands in for the directory of identities (plc.directory): keeps the operations that the server sends
// and tells them as documents. It checks no signatures: the test is not about identities.

import { createServer } from 'node:http';

/** Starts it on a free port and returns its address. */
export async function startDirectory() {
  const operations = new Map();
  const server = createServer(async (request, response) => {
    const [did, ...rest] = request.url.slice(1).split('/').map(decodeURIComponent);
    if (request.method === 'POST') {
      let body = '';
      for await (const part of request) body += part;
      operations.set(did, JSON.parse(body));
      return answer(response, 200, {});
    }
    const operation = operations.get(did);
    if (!operation) return answer(response, 404, { message: `DID not registered: ${did}` });
    const told = { '': document, data: documentData, 'log/last': (_, last) => last }[rest.join('/')];
    if (!told) return answer(response, 404, { message: 'not here' });
    return answer(response, 200, told(did, operation));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${server.address().port}`;
}

function documentData(did, operation) {
  const { rotationKeys, verificationMethods, alsoKnownAs, services } = operation;
  return { did, rotationKeys, verificationMethods, alsoKnownAs, services };
}

function document(did, operation) {
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    alsoKnownAs: operation.alsoKnownAs,
    verificationMethod: Object.entries(operation.verificationMethods).map(([name, key]) => ({
      id: `${did}#${name}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: key.replace('did:key:', ''),
    })),
    service: Object.entries(operation.services).map(([name, service]) => ({
      id: `#${name}`,
      type: service.type,
      serviceEndpoint: service.endpoint,
    })),
  };
}

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
