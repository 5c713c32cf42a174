//! `esse vectors`.

use crate::program::{Ran, esse};

fn list(prefix: &str) -> Vec<String> {
    let ran = esse(&["vectors", "list", prefix], "");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn all_vectors_are_listed_with_level_place_and_comment() {
    let parse = esse_vectors::parse_vectors().unwrap();
    let encode = esse_vectors::encode_vectors().unwrap();
    let lines = list("");
    assert_eq!(lines.len(), parse.len() + encode.len());
    for (line, vector) in lines.iter().zip(&parse) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some(vector.id.as_str()));
        assert!(matches!(words.next(), Some("must" | "may")), "{line}");
        assert_eq!(words.next(), Some(vector.spec.as_str()));
        assert!(line.ends_with(&vector.comment), "{line}");
    }
}

#[test]
fn without_a_command_their_version_and_number_come_first() {
    let all = esse(&["vectors", "list"], "").stdout;
    let overview = esse(&["vectors"], "").stdout;
    let (head, list) = overview.split_once("\n\n").unwrap();
    assert_eq!(list, all);
    let parse = esse_vectors::parse_vectors().unwrap().len();
    let encode = esse_vectors::encode_vectors().unwrap().len();
    let version = esse_vectors::VERSION;
    assert_eq!(
        head,
        format!("esse-vectors {version}: {parse} parse vectors, {encode} encode vectors")
    );
}

#[test]
fn their_version_is_not_that_of_the_program() {
    let shown = esse(&["vectors", "--version"], "").stdout;
    assert_eq!(shown, format!("esse-vectors {}\n", esse_vectors::VERSION));
}

#[test]
fn a_prefix_is_that_of_an_id_or_of_a_place() {
    let data = list("encode/data/");
    assert!(data.len() > 5);
    assert!(
        data.iter().all(|line| line.starts_with("encode/data/")),
        "{data:#?}"
    );
    let field = list("9.2.6/field/id");
    assert!(field.len() > 5);
    assert!(
        field.iter().all(|line| line.contains(" 9.2.6/field/id")),
        "{field:#?}"
    );
}

#[test]
fn a_prefix_of_nothing_is_an_error() {
    let Ran {
        stdout,
        stderr,
        status,
    } = esse(&["vectors", "list", "nothing"], "");
    assert_eq!((stdout.as_str(), status), ("", 2));
    assert_eq!(stderr, "esse: no vector begins with \"nothing\"\n");
}

#[test]
fn a_vector_is_explained() {
    let ran = esse(&["vectors", "explain", "encode/data/cr-at-end"], "");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    for part in [
        "encode/data/cr-at-end\n",
        "server-sent-events.html#",
        "must: the standard says so\n",
        "  data \"a\\r\"\n",
        "  \"data: a\\n\"\n  \"data: \\n\"\n  \"\\n\"\n",
        "64 61 74 61 3a 20 61 0a",
        "event of type \"message\", data \"a\\n\", last event ID \"\"\n",
    ] {
        ran.has_stdout(part);
    }
}

#[test]
fn an_unknown_id_is_an_error_that_names_its_neighbours() {
    let ran = esse(&["vectors", "explain", "encode/data/cr-at-edn"], "");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr
            .starts_with("esse: no vector has the ID \"encode/data/cr-at-edn\"")
    );
    ran.has_stderr("the nearest are encode/data/cr-at-end, ");
}
