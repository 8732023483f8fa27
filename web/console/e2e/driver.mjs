// A Chromium that a test of another language drives: it says where it listens, then does one deed per POST /do.
// node driver.mjs TONE.wav   Its microphone plays the file over and over; nobody is asked for permission.
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const patience = 20_000;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${process.argv[2]}`,
  ],
});
const context = await browser.newContext({
  viewport: { width: 1320, height: 860 },
  permissions: ['microphone'],
  ignoreHTTPSErrors: true, // tests have an authority of their own
});
context.setDefaultTimeout(patience);
// A tone is noise to what browsers do for voices. And the test listens in to the sound the page gets.
await context.addInitScript(() => {
  localStorage.setItem('hotline.audio', JSON.stringify({ echo: false, noise: false, gain: false }));
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      window.testConnection = this;
    }
  };
});

const pages = new Map();
const faults = [];

function watch(name, page, home) {
  page.on('pageerror', e => faults.push(`${name}: ${e.message}`));
  page.on('console', m => {
    // A refused request is the test's own doing and shows in what the page says; so is leaving a page that nobody has touched.
    const own = ['Failed to load resource', "Blocked attempt to show a 'beforeunload' confirmation"];
    if (m.type() === 'error' && !own.some(words => m.text().startsWith(words))) faults.push(`${name}: ${m.text()}`);
  });
  page.on('request', r => {
    if (new URL(r.url()).origin !== home) faults.push(`${name}: asks ${r.url()}`);
  });
}

/** listened is what the page hears at this moment: the loudest frequency, how loud, and how loud the frequencies asked for are. */
function listened(asked = []) {
  const track = window.testConnection?.getReceivers()[0]?.track;
  if (!track) return { hz: 0, db: -200 };
  if (window.testTrack !== track) {
    window.testTrack = track;
    window.testContext ??= new AudioContext();
    window.testAnalyser = window.testContext.createAnalyser();
    window.testAnalyser.fftSize = 8192;
    window.testAnalyser.smoothingTimeConstant = 0;
    window.testContext.createMediaStreamSource(new MediaStream([track])).connect(window.testAnalyser);
  }
  const bins = new Float32Array(window.testAnalyser.frequencyBinCount);
  window.testAnalyser.getFloatFrequencyData(bins);
  let top = 0;
  for (let i = 1; i < bins.length; i++) if (bins[i] > bins[top]) top = i;
  const db = Number.isFinite(bins[top]) ? bins[top] : -200;
  const bin = window.testContext.sampleRate / 8192;
  const levels = asked.map(hz => {
    const near = Math.round(hz / bin);
    return Math.max(-200, ...bins.slice(near - 2, near + 3));
  });
  return { hz: top * bin, db, levels };
}

/** leaving has a page go elsewhere, whatever it asks before it goes. */
async function leaving(page, away) {
  const leave = d => d.accept();
  page.once('dialog', leave);
  await away(page);
  page.off('dialog', leave);
}

const deeds = {
  async open({ page: name, url }) {
    const page = await context.newPage();
    pages.set(name, page);
    watch(name, page, new URL(url).origin);
    await page.goto(url);
  },
  async click({ page, role = 'button', name }) {
    await pages.get(page).getByRole(role, { name, exact: true }).first().click();
  },
  /** follow clicks a link that opens a tab, which is another page from then on. */
  async follow({ page, name, to }) {
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      pages.get(page).getByRole('link', { name, exact: true }).click(),
    ]);
    pages.set(to, opened);
    watch(to, opened, new URL(pages.get(page).url()).origin);
  },
  async fill({ page, label, text }) {
    await pages.get(page).getByLabel(label).fill(text);
  },
  async select({ page, label, text }) {
    await pages.get(page).getByLabel(label).selectOption({ label: text });
  },
  async press({ page, key }) {
    await pages.get(page).keyboard.press(key, { delay: 50 });
  },
  async focus({ page, selector }) {
    await pages.get(page).locator(selector).first().focus();
  },
  async wait({ page, selector }) {
    await pages.get(page).locator(selector).first().waitFor();
  },
  async text({ page, selector }) {
    return await pages.get(page).locator(selector).first().textContent();
  },
  async count({ page, selector }) {
    return await pages.get(page).locator(selector).count();
  },
  async scroll({ page, selector, by }) {
    return await pages
      .get(page)
      .locator(selector)
      .first()
      .evaluate((box, down) => {
        box.scrollTop += down;
        return box.scrollTop;
      }, by);
  },
  async hear({ page, asked }) {
    return await pages.get(page).evaluate(listened, asked);
  },
  async reload({ page }) {
    await leaving(pages.get(page), p => p.reload());
  },
  /** go has a tab show another page, whatever it asks before it goes. */
  async go({ page, url }) {
    await leaving(pages.get(page), p => p.goto(url));
  },
  async close({ page }) {
    await pages.get(page).close();
  },
  async offline({ on }) {
    await context.setOffline(on);
  },
  async shoot({ page, path }) {
    await pages.get(page).screenshot({ path });
  },
  async faults() {
    return faults;
  },
};

const server = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  try {
    const order = JSON.parse(text);
    response.end(JSON.stringify({ is: (await deeds[order.do](order)) ?? null }));
  } catch (e) {
    response.statusCode = 500;
    response.end(e instanceof Error ? e.message : String(e));
  }
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
