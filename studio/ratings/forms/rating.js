// The study in jsPsych: consent, code of the rater, trials with breaks, and the file of answers.
// STUDY (study.js) holds the lists and the form; ?rater=CODE&list=NUMBER in the address fills both in.
"use strict";

const RATER_NAMES = ["rater", "PROLIFIC_PID", "participant", "workerId"];

class FormPlugin {
  static info = {
    name: "form",
    version: "1.0.0",
    parameters: {
      html: { type: jsPsychModule.ParameterType.HTML_STRING, default: "" },
      button: { type: jsPsychModule.ParameterType.STRING, default: "Continue" },
    },
    data: { rt: { type: jsPsychModule.ParameterType.INT } },
  };

  constructor(jsPsych) {
    this.jsPsych = jsPsych;
  }

  trial(element, trial) {
    element.innerHTML = `<form class="rating">${trial.html}<p><button>${trial.button}</button></p></form>`;
    const start = performance.now();
    const form = element.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const answers = Object.fromEntries(new FormData(form));
      this.jsPsych.finishTrial({ ...answers, rt: Math.round(performance.now() - start) });
    });
  }
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

// a path as an address: signs such as # and ? are part of a file's name
function address(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

function shown(trial) {
  if (trial.kind === "instructed") {
    return `<p class="instruction">${escaped(trial.instruction)}</p>`;
  }
  return `<img src="${escaped(address(trial.picture))}" alt="">`;
}

function timelineOf(number, jsPsych) {
  const trials = STUDY.lists[number - 1];
  const timeline = [];
  trials.forEach((trial, at) => {
    if (at && trial.block !== trials[at - 1].block) {
      timeline.push({ type: FormPlugin, html: `<p>Part ${trial.block - 1} of ${STUDY.blocks} is
        done. Take a break if you like.</p>`, data: { kind: "break" } });
    }
    timeline.push({
      type: FormPlugin,
      html: shown(trial) + STUDY.form,
      data: { list: number, trial: at + 1, block: trial.block, kind: trial.kind,
        stimulus: trial.stimulus, expected_valence: trial.expected_valence,
        expected_arousal: trial.expected_arousal },
      on_start: () => { if (trials[at + 1]?.picture) new Image().src = address(trials[at + 1].picture); },
    });
  });
  return timeline;
}

function runStudy() {
  const given = new URLSearchParams(location.search);
  const named = RATER_NAMES.map((name) => given.get(name)).find(Boolean) ?? "";
  const jsPsych = initJsPsych({ on_finish: finish });
  let rater = "";

  function save() {
    const answers = jsPsych.data.get().filterCustom((row) => row.list !== undefined);
    answers.localSave("csv", `ratings_${rater.replace(/[^\w.-]+/g, "_")}.csv`);
  }

  function finish() {
    save();
    document.body.innerHTML = `<div class="rating"><h1>Thank you</h1><p>Your answers are in a file
      that was just downloaded. Please hand it to the experimenter.</p>
      <p><button>Download it again</button></p></div>`;
    document.querySelector("button").addEventListener("click", save);
  }

  const begin = {
    type: FormPlugin,
    html: `<p><label>Code of the rater <input name="rater" required value="${escaped(named)}"></label></p>
      <p><label>List (1 to ${STUDY.lists.length}) <input name="number" type="number" required min="1"
      max="${STUDY.lists.length}" value="${escaped(given.get("list") ?? "")}"></label></p>`,
    data: { kind: "begin" },
    on_finish: (data) => {
      rater = data.rater.trim();
      jsPsych.data.addProperties({ rater, study: STUDY.digest, scale: STUDY.scale });
      rest.timeline.push(...timelineOf(Number(data.number), jsPsych));
    },
  };
  const rest = { timeline: [] };
  jsPsych.run([
    {
      type: FormPlugin,
      html: `<iframe src="consent.html" title="Consent"></iframe>
        <p><label><input type="checkbox" name="consent" required> I have read this and take part.</label></p>`,
      data: { kind: "consent" },
    },
    begin,
    { type: FormPlugin, html: STUDY.guide, data: { kind: "guide" } },
    rest,
  ]);
}

runStudy();
