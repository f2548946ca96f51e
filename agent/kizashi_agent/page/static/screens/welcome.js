// What this is, before anything happens; and on whose terms to begin.

import { actions, button, heading, list, make, note, pairs } from "../dom.js";

export function welcome(page) {
  const { say } = page.words;
  return {
    nodes: [
      heading(say("welcome.title")),
      make("p", { class: "lead" }, say("welcome.lead")),
      make("h2", {}, say("welcome.does_title")),
      list([say("welcome.does_measure"), say("welcome.does_compare"), say("welcome.does_show")]),
      make("h2", {}, say("welcome.never_title")),
      list([
        say("welcome.never_picture"),
        say("welcome.never_diagnose"),
        say("welcome.never_unasked"),
      ]),
      make("h2", {}, say("welcome.who_title")),
      pairs([
        [say("welcome.who_you"), say("welcome.who_you_sees")],
        [say("welcome.who_scoring"), say("welcome.who_scoring_sees")],
        [say("welcome.who_owner"), say("welcome.who_owner_sees")],
      ]),
      note("warm", make("p", {}, say("welcome.label"))),
      page.facts.waiting > 0
        ? note(
            "quiet",
            make("p", {}, say("waiting.reminder")),
            actions(button(say("waiting.look"), "plain", () => page.go("waiting"))),
          )
        : "",
      page.facts.recovery
        ? note(
            "quiet",
            make("p", {}, say("recovery.reminder")),
            actions(button(say("recovery.look"), "plain", () => page.go("recovery"))),
          )
        : "",
      actions(button(say("welcome.go_on"), "primary", () => page.go("join"))),
    ],
  };
}

export function join(page, { typed = "", unkept = false }) {
  const { say } = page.words;
  const joined = page.facts.joined;
  const invite = make("textarea", {
    id: "invite",
    name: "invite",
    rows: "3",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "none",
    "aria-describedby": "invite-hint",
  });
  invite.value = typed;
  const hint = make("p", { class: "hint", id: "invite-hint" }, say("join.invite_hint"));
  invite.addEventListener("input", () => {
    invite.removeAttribute("aria-invalid");
    hint.className = "hint";
    hint.textContent = say("join.invite_hint");
  });
  const noAccount = make("input", { type: "checkbox", id: "no-account", checked: unkept });
  const begin = (local) =>
    page.attempt(() =>
      page.start({
        invite: local || invite.value.trim() === "" ? null : invite.value.trim(),
        local,
        no_account: !local && noAccount.checked,
      }),
    );
  const withInvite = () => {
    if (joined || invite.value.trim() !== "") return begin(false);
    invite.setAttribute("aria-invalid", "true");
    hint.className = "missing";
    hint.textContent = say("join.invite_needed");
    return invite.focus();
  };
  return {
    held: () => ({ typed: invite.value, unkept: noAccount.checked }),
    nodes: [
      heading(say("join.title")),
      make(
        "section",
        { class: "card", "aria-labelledby": "with-programme" },
        make("h2", { id: "with-programme" }, say("join.programme_title")),
        make("p", {}, say(joined ? "join.joined" : "join.programme")),
        make("label", { for: "invite" }, say(joined ? "join.other_invite" : "join.invite")),
        hint,
        invite,
        page.facts.account
          ? ""
          : make(
              "p",
              { class: "checked" },
              noAccount,
              make("label", { for: "no-account" }, say("join.no_account")),
            ),
        actions(button(say("join.go_programme"), "primary", withInvite)),
      ),
      make(
        "section",
        { class: "card", "aria-labelledby": "alone" },
        make("h2", { id: "alone" }, say("join.local_title")),
        make("p", {}, say("join.local")),
        actions(button(say("join.go_local"), "plain", () => begin(true))),
      ),
      actions(button(say("page.back"), "link", () => page.go("welcome"))),
    ],
  };
}
