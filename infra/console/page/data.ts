import { useEffect, useState } from 'preact/hooks';

export interface Loaded<T> {
  data: T | null;
  /** The last refresh failed; `data` is from before. */
  stale: boolean;
  missing: boolean;
}

interface Reloadable<T> extends Loaded<T> {
  /** Reloads now, e.g. after a change made from here. */
  reload(): void;
}

const REFRESH_MS = 1_000;
const POLL_MS = 3_000;

/** Ticks when the server reports a change, at most once a second; polls while the stream is down. */
function onChange(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  const soon = () => {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        last = Date.now();
        run();
      },
      Math.max(0, last + REFRESH_MS - Date.now()),
    );
  };
  const stream = new EventSource('/api/changes');
  stream.addEventListener('change', soon);
  const poll = setInterval(() => {
    if (stream.readyState !== EventSource.OPEN) soon();
  }, POLL_MS);
  return () => {
    stream.close();
    clearInterval(poll);
    clearTimeout(timer);
  };
}

/** Loads a JSON resource and keeps it current. Not validated: the server is our own and typed by views.ts. */
export function useResource<T>(path: string): Reloadable<T> {
  const [state, setState] = useState<Loaded<T>>({ data: null, stale: false, missing: false });
  const [loaded, setLoaded] = useState(0);
  useEffect(() => setState({ data: null, stale: false, missing: false }), [path]);
  useEffect(() => {
    let current = true;
    const load = async () => {
      try {
        const answer = await fetch(path, { headers: { accept: 'application/json' } });
        if (!current) return;
        // The session has ended: what opens instead says how to get another.
        if (answer.status === 401) return location.reload();
        if (answer.status === 404) return setState({ data: null, stale: false, missing: true });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const data: T = await answer.json();
        if (current) setState({ data, stale: false, missing: false });
      } catch {
        if (current) setState((before) => ({ ...before, stale: true }));
      }
    };
    void load();
    const stop = onChange(() => void load());
    return () => {
      current = false;
      stop();
    };
  }, [path, loaded]);
  return { ...state, reload: () => setLoaded((times) => times + 1) };
}

export interface Route {
  page: string;
  rest: string;
  query: URLSearchParams;
}

function parseHash(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  return { page, rest: rest.map(decodeURIComponent).join('/'), query: new URLSearchParams(query) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(parseHash);
  useEffect(() => {
    const update = () => {
      setRoute(parseHash());
      scrollTo(0, 0);
    };
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return route;
}
