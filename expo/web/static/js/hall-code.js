// The code on the hall's screen: asked for anew when it changes; a screen that lost the network shows
// the last one, dimmed, until it is back.
const picture = document.getElementById('picture'), text = document.getElementById('code');
const AGAIN = 2000; // ms between tries while nobody answers

async function look() {
  let wait = AGAIN;
  try {
    const answer = await fetch('/stage/venue/code.json', { credentials: 'same-origin' });
    if (!answer.ok) throw answer.status;
    const { code, seconds } = await answer.json();
    if (code !== text.textContent) {
      picture.src = `/stage/venue/code.svg?${code}`;
      text.textContent = code;
    }
    document.body.classList.remove('old');
    wait = seconds * 1000;
  } catch {
    document.body.classList.add('old');
  }
  setTimeout(look, wait);
}
setTimeout(look, document.body.dataset.seconds * 1000);
