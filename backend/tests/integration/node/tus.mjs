// Uploads a file with the clients that other people wrote: node tus.mjs STORY ENDPOINT KEY FILE
// Prints what a test wants to know as one line of JSON.

import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import * as tus from 'tus-js-client';

const MIB = 1024 * 1024;
const [story, endpoint, key, path] = process.argv.slice(2);
const data = readFileSync(path);
const headers = { Authorization: `Bearer ${key}` };
const methods = [];

function options(changes) {
  return {
    endpoint, headers, retryDelays: null, metadata: { filename: `${story}.bin`, tag: story },
    onBeforeRequest: (request) => { methods.push(request.getMethod()); },
    ...changes,
  };
}

function uploaded(source, changes = {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(source, options({
      ...changes, onError: reject, onSuccess: () => resolve(upload),
    }));
    upload.start();
  });
}

async function abortedAndResumed() {
  const url = await new Promise((resolve, reject) => {
    const upload = new tus.Upload(data, options({
      chunkSize: 2 * MIB, onError: reject,
      onChunkComplete: (_size, accepted) => {
        if (accepted >= 4 * MIB) upload.abort().then(() => resolve(upload.url));
      },
    }));
    upload.start();
  });
  const begun = methods.length;
  await uploaded(data, { uploadUrl: url });
  return { resumed: methods.slice(begun) };
}

async function abortedAndFoundAgain() {
  const remembering = {
    urlStorage: new tus.FileUrlStorage(`${path}.uploads-${process.pid}.json`),
    removeFingerprintOnSuccess: true,
  };
  await new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(path), options({
      ...remembering, chunkSize: 2 * MIB, onError: reject,
      onChunkComplete: (_size, accepted) => {
        if (accepted >= 4 * MIB) upload.abort().then(resolve);
      },
    }));
    upload.start();
  });
  const begun = methods.length;
  await new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(path), options({
      ...remembering, onError: reject, onSuccess: resolve,
    }));
    upload.findPreviousUploads().then(([earlier]) => {
      upload.resumeFromPreviousUpload(earlier);
      upload.start();
    }, reject);
  });
  return { resumed: methods.slice(begun) };
}

async function terminated() {
  const upload = await new Promise((resolve, reject) => {
    const begun = new tus.Upload(data, options({
      chunkSize: MIB, onError: reject,
      onChunkComplete: () => begun.abort(true).then(() => resolve(begun), reject),
    }));
    begun.start();
  });
  const asked = await fetch(new URL(upload.url ?? endpoint, endpoint), { method: 'HEAD', headers });
  return { aborted: asked.status };
}

async function byUppy() {
  const { default: Uppy } = await import('@uppy/core');
  const { default: Tus } = await import('@uppy/tus');
  const uppy = new Uppy({ autoProceed: false }).use(Tus, {
    endpoint, headers, chunkSize: 3 * MIB, allowedMetaFields: ['filename', 'tag'],
  });
  // In Node the client below Uppy takes no Blob, so the file is a buffer that has a size as a Blob has.
  uppy.addFile({
    name: 'uppy.bin', type: 'application/octet-stream', data: Object.assign(data, { size: data.length }),
    meta: { filename: 'uppy.bin', tag: story },
  });
  const result = await uppy.upload();
  return { failed: result.failed.map((each) => each.error), url: result.successful[0]?.uploadURL };
}

async function refused() {
  const problem = await uploaded(data, { metadata: { filename: 'a.bin', version: 'a b' } }).catch((error) => error);
  return { status: problem.originalResponse.getStatus(), body: problem.originalResponse.getBody() };
}

const STORIES = {
  plain: () => uploaded(data),
  chunks: () => uploaded(data, { chunkSize: MIB }),
  with_creation: () => uploaded(data, { uploadDataDuringCreation: true }),
  parallel: () => uploaded(data, { parallelUploads: 3 }),
  // A stream of which nobody knows the end: what is read from a known file would never send its length.
  deferred: () => uploaded(Readable.from(pieces()), { uploadLengthDeferred: true, chunkSize: 2 * MIB }),
  override: () => uploaded(data, { overridePatchMethod: true, chunkSize: 4 * MIB }),
  resumed: abortedAndResumed,
  remembered: abortedAndFoundAgain,
  terminated,
  uppy: byUppy,
  refused,
};

function* pieces() {
  for (let start = 0; start < data.length; start += MIB) yield data.subarray(start, start + MIB);
}

const done = await STORIES[story]();
const told = done instanceof tus.Upload ? { url: done.url } : done;
console.log(JSON.stringify({ ...told, methods }));
process.exit(0);
