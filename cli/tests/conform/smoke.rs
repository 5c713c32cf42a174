//! `esse conform --smoke`: adapters that are wrong on purpose, each in one way.

use super::{ESSE, Run, conform};

fn smoke(subject: &str) -> Run {
    conform(&["--smoke", "--subject", subject, "--timeout", "20"])
}

/// The right subject, whose answers `sed` changes.
fn edited(edit: &str) -> Run {
    smoke(&format!("'{ESSE}' subject | sed -u -e '{edit}'"))
}

/// A script that does this with each line that it reads.
fn for_each_line(action: &str) -> Run {
    smoke(&format!("while IFS= read -r line; do {action}; done"))
}

const STARTED: &str = r#"{"version":1,"name":"x","roles":["parser"]}"#;

/// Answers `start`, then does this to every other line, with its number as `$seq`.
fn after_start(action: &str) -> Run {
    for_each_line(&format!(
        r#"case "$line" in *start*) echo '{STARTED}';; *stop*) exit;; *) seq=${{line#*\"seq\":}}; seq=${{seq%%,*}}; {action};; esac"#
    ))
}

/// This is wrong, that is the advice, and the exit status is 1.
fn is_wrong(run: &Run, what: &str, remedy: &str) {
    assert_eq!(run.exits(1).stderr, "");
    run.has_finding("wrong", what, remedy);
}

/// And nothing else is wrong.
fn is_all_that_is_wrong(run: &Run, what: &str, remedy: &str) {
    is_wrong(run, what, remedy);
    let end = "\n1 protocol error.\n";
    assert!(run.stdout.ends_with(end), "{}", run.stdout);
}

#[test]
fn one_that_is_right_passes() {
    let run = smoke(&format!("'{ESSE}' subject"));
    assert_eq!(run.exits(0).stderr, "");
    for part in [
        "ok     start: esse ",
        ": parser, encoder, chunks, afterChunk, comments, ",
        "ok     encode: a long line\n",
        "ok     stop\n",
        "It speaks the protocol.",
    ] {
        run.has_stdout(part);
    }
    let unwanted = ["WRONG", "wrong", "note", "as above"];
    assert!(!unwanted.iter().any(|word| run.stdout.contains(word)));
}

#[test]
fn a_command_that_does_not_exist_cannot_be_run() {
    let run = smoke("esse-no-such-program");
    run.exits(2);
    for part in ["the shell cannot run", "not found", "cannot be run.\n"] {
        run.has_stdout(part);
    }
}

#[test]
fn the_worst_subject_is_the_exit_status() {
    let right = format!("'{ESSE}' subject");
    let both = |first: &str, second: &str| {
        conform(&["--smoke", "--subject", first, "--subject", second]).code
    };
    assert_eq!(both("echo Hello", &right), Some(1));
    assert_eq!(both("esse-no-such-program", "echo Hello"), Some(2));
}

#[test]
fn a_line_that_is_not_a_json_object() {
    for (script, what, remedy) in table! {
        "echo Listening on 80" => "is not JSON", "to stderr";
        "echo" => "is an empty line", "one JSON object on one line";
        "echo 7" => "but not an object", "one JSON object on one line";
        r#"echo "{'version': 1}""# => "strings in single quotes", "json.dumps";
        "echo '{'" => "goes on after the end of the line", "no indentation";
        "echo '{} {}'" => "more than one object", "on one line";
        r"printf '\377\376{\n'" => "in UTF-16", "as UTF-8";
        r"printf '{\351}\n'" => "not UTF-8, from byte 1", "as UTF-8";
        r"printf '\357\273\277{}\n'" => "begins with a byte order mark", "without a mark";
    } {
        is_all_that_is_wrong(&smoke(script), what, remedy);
    }
}

#[test]
fn a_bad_answer_to_start_is_explained_member_by_member() {
    let started = |from: &str, to: &str| smoke(&format!("echo '{}'", STARTED.replace(from, to)));
    for (from, to, what, remedy) in table! {
        r#""version":1,"# => "", "missing field `version`", "\"version\":1";
        "1" => r#""1""#, "`version`: invalid type: string \"1\"", "a number";
        "1" => "2", "`version` is 2, not 1", "of the protocol";
        r#""name":"x","# => "", "missing field `name`", "as text";
        r#""x""# => r#"" ""#, "`name` is \" \"", "as text";
        r#","roles":["parser"]"# => "", "missing field `roles`", "parser, encoder";
        r#""parser""# => "", "`roles` is empty", "parser, encoder";
        r#"["parser"]"# => r#""parser""#, "`roles`: invalid type: string \"parser\"", "a list";
        r#""parser""# => "7", "`roles[0]`: ", "a list";
        r#""parser""# => r#""Parser""#, "holds \"Parser\"", "write \"parser\"";
        "}"
            => r#","capabilities":["chunks","after_chunk"]}"#, "holds \"after_chunk\"", "write \"afterChunk\"";
        "}"
            => r#","capabilities":{"chunks":true}}"#, "`capabilities`: invalid type: map", "a list of chunks";
        "}" => r#","language":7}"#, "`language`: invalid type: integer `7`", "as text";
    } {
        is_wrong(&started(from, to), what, remedy);
    }
}

#[test]
fn what_is_odd_in_the_answer_to_start_is_a_note() {
    let edit = r#"s/"chunks",/"cookies",/"#;
    let run = edited(edit);
    run.exits(0);
    run.has_stdout("note   `capabilities` holds \"cookies\"");
    run.has_stdout("\"afterChunk\" without \"chunks\"");
}

#[test]
fn one_that_sends_commands_back() {
    is_all_that_is_wrong(&smoke("cat"), "sent the command back", "not what was read");
    is_wrong(
        &after_start(r#"echo "$line""#),
        "sent the command back",
        "not what was read",
    );
}

#[test]
fn a_seq_that_is_not_that_of_the_command() {
    for (edit, what) in table! {
        r#"s/{"seq":[0-9]*,/{/"# => "missing field `seq`";
        r#"s/"seq":\([0-9]*\)/"seq":"\1"/"# => "`seq` is \"7\", but 7 was asked";
        r#"s/"seq":[0-9]*/"seq":1/"# => "`seq` is 1, but 7 was asked";
        r#"s/"seq":7,/"seq":null,/"# => "`seq` is null";
    } {
        is_wrong(&edited(edit), what, "copy `seq` from the command");
    }
}

#[test]
fn two_answers_to_one_command() {
    let run = after_start(r#"for i in 1 2; do echo "{\"seq\":$seq,\"events\":[]}"; done"#);
    is_wrong(&run, "`seq` is 7, but 14 was asked", "one answer for each");
}

#[test]
fn members_that_are_missing_or_of_the_wrong_kind() {
    for (edit, what, remedy) in table! {
        r#"s/"events"/"Events"/"# => "missing field `events`", "in a list";
        r#"s/"events":\[.*\],"l/"events":{},"l/"# => "`events`: invalid type: map", "in a list";
        r#"s/"type":"message",//"# => "`events[0]`: missing field `type`", "\"message\"";
        r#"s/"data":"x"/"data":null/"# => "`events[0].data`: invalid type: null", "as text";
        r#"s/"data":"x"/"Data":"x"/"# => "`events[0]`: missing field `data`", "as text";
        r#"s/"lastEventId":"1","a/"lastEventId":1,"a/"#
            => "`events[0].lastEventId`: invalid type: integer `1`", "as text";
        r#"s/\],"lastEventId":"[^"]*"/]/"#
            => "has \"lastEventId\", but the answer has no `lastEventId`", "leave \"lastEventId\" out";
        r#"s/"reconnectionTime":5/"reconnectionTime":"5"/"#
            => "`reconnectionTime`: invalid type: string \"5\"", "as a number";
        r#"s/"comments":\["c"\]/"comments":"c"/"#
            => "`comments`: invalid type: string \"c\"", "a list of texts";
        r#"s/"foo","bar"/"foo"/"#
            => "`ignored[0]`: invalid length 1", "[name, value]";
        r#"s/"content":"data"/"content":"event"/"#
            => "`discarded.content`: unknown variant `event`", "nothing, comments, fields, data";
        r#"s/"lineCut":true/"line_cut":true/"#
            => "`discarded`: missing field `lineCut`", "true or false";
        r#"s/,"discarded":{[^}]*}//"#
            => "has \"discarded\", but the answer has no `discarded`", "leave \"discarded\" out";
        r#"s/,"afterChunk":[0-9]*//"#
            => "has \"afterChunk\", but events[0] has no `afterChunk`", "from 0";
        r#"s/"bytes"/"Bytes"/"# => "neither `bytes` nor `rejected`", "\"bytes\":\"base64\"";
        r#"s/"bytes"/"rejected":"no","bytes"/"#
            => "both `bytes` and `rejected`", "if the encoder refuses";
        r#"s/"bytes":"[^"]*"/"bytes":[1]/"# => "`bytes`: invalid type: sequence", "base64";
    } {
        is_wrong(&edited(edit), what, remedy);
    }
}

#[test]
fn the_same_mistake_in_every_answer_is_reported_once() {
    let run = edited(r#"s/"events"/"Events"/"#);
    is_all_that_is_wrong(&run, "missing field `events`", "in a list");
    run.has_stdout("WRONG  parse: a long line (as above)");
}

#[test]
fn an_after_chunk_that_cannot_be() {
    for (edit, what, remedy) in table! {
        r#"s/"afterChunk":[0-9]*/"afterChunk":9/"#
            => "`events[0].afterChunk` is 9, but 1 is the end of the stream", "the index, from 0";
        r#"s/"afterChunk":2/"afterChunk":4/"#
            => "`events[0].afterChunk` is 4, but 3 is the end of the stream", "the index, from 0";
        r#"s/"afterChunk":0/"afterChunk":-1/"#
            => "`events[0].afterChunk`: invalid value: integer `-1`", "the index, from 0";
        r#"s/"afterChunk":1/"afterChunk":0/"#
            => "came with the second chunk, but its `afterChunk` is 0", "not of the event";
        r#"s/\(.*\)"afterChunk":0\(.*\)"afterChunk":1/\1"afterChunk":1\2"afterChunk":0/"#
            => "`afterChunk` goes back from 1 to 0", "in the order";
    } {
        is_wrong(&edited(edit), what, remedy);
    }
}

#[test]
fn an_after_chunk_that_is_odd_is_a_note() {
    for (edit, what) in table! {
        r#"s/"afterChunk":1/"afterChunk":2/;s/"afterChunk":0/"afterChunk":1/"#
            => "`afterChunk` is 1 and 2";
        r#"s/"afterChunk":[01]/"afterChunk":1/g"# => "both events came after the last chunk";
    } {
        let run = edited(edit);
        run.exits(0).has_stdout(what);
    }
}

#[test]
fn base64_that_is_none() {
    for (edit, what) in table! {
        r#"s/"bytes":"[^"]*"/"bytes":"data: x\\n\\n"/"# => "`bytes` is the encoding itself";
        r#"s/\("bytes":"[^"=]*\)=*"/\1"/"# => "without its padding";
        r#"s/"bytes":"Z/"bytes":"-/"# => "of the URL alphabet";
        r#"s/"bytes":"Z/"bytes":"!/"# => "not base64";
    } {
        is_wrong(&edited(edit), what, "standard alphabet");
    }
}

#[test]
fn chunks_in_the_wrong_base64() {
    let edit = r"s/>>>???/>>ccc/";
    is_all_that_is_wrong(&edited(edit), "came out as \">>ccc\"", "not - and _");
    let raises = after_start(
        r#"case "$line" in *Pj4+*) echo "{\"seq\":$seq,\"errored\":\"Invalid character\"}";; *) echo "{\"seq\":$seq,\"events\":[]}";; esac"#,
    );
    is_all_that_is_wrong(
        &raises,
        "raised an error: \"Invalid character\"",
        "standard alphabet",
    );
}

#[test]
fn a_role_or_capability_that_is_not_there() {
    is_wrong(
        &after_start(r#"echo "{\"seq\":$seq,\"skipped\":\"no\"}""#),
        "has the role parser, but skipped this: \"no\"",
        "leave \"parser\" out of `roles`",
    );
    for (edit, member) in table! {
        r#"s/"lastEventId":"1"/"lastEventId":""/g"# => "lastEventId";
        r#"s/"reconnectionTime":5/"reconnectionTime":null/"# => "reconnectionTime";
        r#"s/"comments":\["c"\]/"comments":[]/"# => "comments";
        r#"s/"ignored":\[\[.*\]\]/"ignored":[]/"# => "ignored";
        r#"s/"data","lineCut":true/"nothing","lineCut":false/"# => "discarded";
    } {
        is_wrong(
            &edited(edit),
            &format!("`capabilities` has \"{member}\", but after a stream with one"),
            &format!("leave \"{member}\" out of `capabilities`"),
        );
    }
    is_wrong(
        &edited(r#"s/"lastEventId":"7"/"lastEventId":""/g"#),
        "`capabilities` has \"initialLastEventId\", but",
        "before the stream",
    );
}

#[test]
fn what_is_reported_but_not_declared_is_a_note() {
    let run = edited(r#"s/"comments",//"#);
    run.exits(0).has_stdout("`comments` is not judged");
}

#[test]
fn a_stream_that_is_not_new() {
    // The stream after the one that ends inside a block has the next number but seven.
    for (edit, member) in table! {
        r#"s/"data":"x"/"data":"leftx"/"# => "data";
        r#"s/"message","data":"x"/"left","data":"x"/"# => "type";
        r#"s/"data":"x","lastEventId":""/"data":"x","lastEventId":"9"/"# => "lastEventId";
        r#"s/null,"comments"/9,"comments"/"# => "reconnectionTime";
        r#"s/"nothing","lineCut":false/"data","lineCut":true/"# => "discarded";
    } {
        is_wrong(
            &edited(edit),
            &format!("`{member}` still holds what the stream before it set"),
            "make a new parser",
        );
    }
    let never_empty = r#"s/"events":\[\]/"events":[{"type":"a","data":"b","afterChunk":0}]/"#;
    is_wrong(
        &edited(never_empty),
        "from no chunk at all",
        "make a new parser",
    );
}

#[test]
fn an_answer_that_comes_only_with_the_end_of_stdin() {
    for script in [
        format!("cat | tail -n 1 >/dev/null; echo '{STARTED}'"),
        format!(
            "'{ESSE}' subject | cat | awk '{{ print }}' | dd bs=64k iflag=fullblock 2>/dev/null"
        ),
    ] {
        let run = conform(&["--smoke", "--subject", &script, "--timeout", "0.5"]);
        is_all_that_is_wrong(
            &run,
            "no answer in 500ms; it came when stdin was closed",
            "flush",
        );
    }
}

#[test]
fn no_answer_at_all() {
    for (script, what, remedy) in table! {
        "sleep 1000" => "did not end when stdin was closed", "--timeout";
        "cat >/dev/null" => "none when stdin was closed", "this `cmd`";
        "printf '{}'; cat >/dev/null" => "has no line end", "a line feed";
        "printf '{\"ver'" => "ended in the middle of an answer", "whole line";
        "exit 3" => "it ended (exit status: 3)", "by hand";
        "exec >&-; sleep 1000" => "closed its stdout", "keep stdout open";
    } {
        let run = conform(&["--smoke", "--subject", script, "--timeout", "0.5"]);
        is_all_that_is_wrong(&run, what, remedy);
    }
}

#[test]
fn what_it_wrote_to_stderr_is_shown() {
    let run = smoke("echo no luck >&2; exit 3");
    run.has_stdout("stderr no luck\n");
}

#[test]
fn one_that_cannot_read_a_long_line() {
    let run = smoke(&format!(
        "dd bs=1 count=30000 2>/dev/null | '{ESSE}' subject"
    ));
    is_wrong(&run, "could not read the command", "lines of any length");
}

#[test]
fn one_that_goes_on_after_stop() {
    let answer = r#"case "$line" in *stop*) ;; *start*) echo STARTED;; *) seq=${line#*\"seq\":}; echo "{\"seq\":${seq%%,*},\"events\":[]}";; esac"#
        .replace("STARTED", &format!("'{STARTED}'"));
    let script = format!("while IFS= read -r line; do {answer}; done");
    let run = conform(&["--smoke", "--subject", &script, "--timeout", "2"]);
    is_all_that_is_wrong(&run, "only when stdin was closed", "\"cmd\":\"stop\"");
    let script = format!("{script}; sleep 1000");
    let run = conform(&["--smoke", "--subject", &script, "--timeout", "2"]);
    is_all_that_is_wrong(&run, "had to be killed", "\"cmd\":\"stop\"");
}

#[test]
fn one_that_answers_stop() {
    let run = for_each_line(&format!(
        r#"case "$line" in *start*) echo '{STARTED}';; *stop*) echo '{{"bye":1}}'; exit;; *) seq=${{line#*\"seq\":}}; echo "{{\"seq\":${{seq%%,*}},\"events\":[]}}";; esac"#
    ));
    is_all_that_is_wrong(&run, "no command asked for", "none for `stop`");
    run.has_stdout("got    {\"bye\":1}\n");
}

#[test]
fn a_parser_that_reads_nothing_is_none_of_its_business() {
    let run = after_start(r#"echo "{\"seq\":$seq,\"events\":[]}""#);
    run.exits(0).has_stdout("note   no event came");
}

#[test]
fn it_is_for_subjects_alone() {
    for more in [
        &[][..],
        &["--oneshot", "cat"],
        &["--subject", "cat", "--vector", "bom/"],
        &["--subject", "cat", "--format", "json"],
    ] {
        let run = conform(&[&["--smoke"], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{more:?}");
    }
}
