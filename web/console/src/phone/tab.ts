// One desk at a time: two tabs of one agent would both ring, and the second answer would cut the first.

/** Tab is whether this tab has the desk: free to use it, taken by another one, or moved away to one. */
export type Tab = 'free' | 'taken' | 'moved';

/**
 * hold takes the agent's desk for this tab, from another tab if steal says so; it gives how to let it go, or undefined
 * when another tab has it. onLost is told when another tab takes it. The browser lets it go by itself when the tab ends.
 */
export function hold(agent: string, steal: boolean, onLost: () => void): Promise<(() => void) | undefined> {
  const locks = navigator.locks;
  if (!locks) return Promise.resolve(() => {}); // no secure context: then there is no microphone either
  return new Promise(resolve => {
    let letGo: () => void = () => {};
    const held = new Promise<void>(done => {
      letGo = done;
    });
    let had = false;
    locks
      .request(`hotline-desk-${agent}`, steal ? { steal: true } : { ifAvailable: true }, lock => {
        if (!lock) {
          resolve(undefined);
          return;
        }
        had = true;
        resolve(letGo);
        return held;
      })
      .catch(() => {
        if (had) onLost();
        else resolve(undefined);
      });
  });
}
