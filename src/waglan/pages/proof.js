// Checks a record against a root, step by step, with nothing but the bytes that are given. Pure functions: no page, no
// network. SHA-256 (FIPS 180-4) and HMAC (RFC 2104) are written out, for browsers that offer no WebCrypto here;
// leaf and node hashes and the walk up the tree are RFC 6962, section 2.1, and RFC 9162, section 2.1.3.2.
const WaglanProof = (() => {
  "use strict";

  const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const join = (...parts) => {
    const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
    return out;
  };
  const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

  // The first 32 bits of the fractions of the roots of the first primes, as the standard makes them.
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  const K = primes.map((p) => fraction(Math.cbrt(p)));
  const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  const sha256 = (message) => {
    const padded = new Uint8Array(((message.length + 72) >> 6) << 6);
    padded.set(message);
    padded[message.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(message.length / 536870912));
    view.setUint32(padded.length - 4, message.length << 3);
    const state = Int32Array.from(START);
    const w = new Int32Array(64);
    for (let block = 0; block < padded.length; block += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i);
      for (let i = 16; i < 64; i++) {
        const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((x, i) => (state[i] = (state[i] + x) | 0));
    }
    const out = new DataView(new ArrayBuffer(32));
    state.forEach((x, i) => out.setInt32(4 * i, x));
    return new Uint8Array(out.buffer);
  };

  // Two sources of SHA-256 and HMAC with one face; both answer with a promise or a value.
  const own = {
    name: "page",
    sha256,
    hmac: (key, message) => {
      const block = new Uint8Array(64);
      block.set(key.length > 64 ? sha256(key) : key);
      const inner = sha256(join(block.map((byte) => byte ^ 0x36), message));
      return sha256(join(block.map((byte) => byte ^ 0x5c), inner));
    },
  };
  const browser = (subtle) => ({
    name: "browser",
    sha256: async (message) => new Uint8Array(await subtle.digest("SHA-256", message)),
    hmac: async (key, message) => {
      const made = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      return new Uint8Array(await subtle.sign("HMAC", made, message));
    },
  });

  // MessagePack as records use it: arrays, whole numbers, strings, byte strings, true, false and nil; all else is refused.
  const unpack = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    const unsigned = (n) => {
      let value = 0n;
      for (let i = 0; i < n; i++) value = (value << 8n) | BigInt(view.getUint8(at++));
      return value;
    };
    const take = (n) => {
      if (at + n > bytes.length) throw new RangeError("the record ends too early");
      return bytes.subarray(at, (at += n));
    };
    const text = (n) => decodeURIComponent(Array.from(take(n), (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));
    const list = (n) => {
      if (n > bytes.length) throw new RangeError("the record ends too early");
      return Array.from({ length: n }, read);
    };
    const read = () => {
      const code = view.getUint8(at++);
      if (code < 0x80) return BigInt(code);
      if (code >= 0xe0) return BigInt(code) - 256n;
      if (code >= 0x90 && code < 0xa0) return list(code & 15);
      if (code >= 0xa0 && code < 0xc0) return text(code & 31);
      if (code === 0xc0) return null;
      if (code === 0xc2 || code === 0xc3) return code === 0xc3;
      if (code >= 0xc4 && code <= 0xc6) return take(Number(unsigned(1 << (code - 0xc4))));
      if (code >= 0xcc && code <= 0xcf) return unsigned(1 << (code - 0xcc));
      if (code >= 0xd0 && code <= 0xd3) return BigInt.asIntN(8 << (code - 0xd0), unsigned(1 << (code - 0xd0)));
      if (code >= 0xd9 && code <= 0xdb) return text(Number(unsigned(1 << (code - 0xd9))));
      if (code === 0xdc || code === 0xdd) return list(Number(unsigned(code === 0xdc ? 2 : 4)));
      throw new RangeError("a record holds no byte " + code + " here");
    };
    const value = read();
    if (at !== bytes.length) throw new RangeError("bytes are left after the record");
    return value;
  };

  // A decision's id, score, verbs and the sum of its parts; null if the bytes are no decision.
  const decision = (record) => {
    try {
      const [event, , , score, actions, , parts, late] = unpack(record);
      if (typeof event[0] !== "string" || typeof score !== "bigint" || typeof late !== "boolean") return null;
      const sum = parts === null ? null : parts.reduce((total, part) => total + part, 0n);
      return { id: event[0], score, sum, terms: parts === null ? 0 : parts.length, verbs: actions.map((action) => action[0]) };
    } catch (error) {
      return null;
    }
  };

  // The walk from a leaf's hash to the root: one {left, right, hash} a step, or null where the path's length is wrong.
  const climb = async (crypto, leaf, index, size, path) => {
    const one = Uint8Array.of(1);
    let [at, last, hash] = [BigInt(index), BigInt(size) - 1n, leaf];
    if (at > last) return null;
    const steps = [];
    for (const sibling of path) {
      if (last === 0n) return null;
      const right = at & 1n || at === last;
      hash = await crypto.sha256(right ? join(one, sibling, hash) : join(one, hash, sibling));
      steps.push({ sibling, side: right ? "left" : "right", hash });
      if (right) while (!(at & 1n) && at) [at, last] = [at >> 1n, last >> 1n];
      [at, last] = [at >> 1n, last >> 1n];
    }
    return last === 0n ? steps : null;
  };

  // All steps over `given`: record, salt, entry, root (bytes), path (array of bytes), index, size (numbers).
  const check = async (crypto, given) => {
    const seen = decision(given.record);
    const stated = given.entry.subarray(given.entry.length - 32);
    const commitment = await crypto.hmac(given.salt, given.record);
    const leaf = await crypto.sha256(join(Uint8Array.of(0), given.entry));
    const steps = await climb(crypto, leaf, given.index, given.size, given.path);
    const root = steps === null ? null : steps.length ? steps[steps.length - 1].hash : leaf;
    const holds = {
      parts: seen !== null && (seen.sum === null || seen.sum === seen.score),
      commitment: equal(commitment, stated),
      leaf: true,
      path: steps !== null,
      root: root !== null && equal(root, given.root),
    };
    return { seen, stated, commitment, leaf, steps, root, holds, proved: Object.values(holds).every(Boolean) };
  };

  return { fromHex, toHex, join, equal, sha256, own, browser, unpack, decision, climb, check };
})();
