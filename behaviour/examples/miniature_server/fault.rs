//! What can be wrong.

use serde::Deserialize;

/// One fault of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    Nothing,

    // The head.
    Status201,
    PlainText,
    Latin1,
    ContentLength,
    Cacheable,
    LateHead,

    // When events are written.
    HoldsFourKib,
    HoldsOne,
    DropsLarge,
    DropsInBursts,
    FirstStreamAlone,

    // How they are written.
    LinesOnOne,
    SplitsAtLfOnly,
    CrLfIsTwo,
    SplitsAtLineSeparator,
    NoSpaceAfterColon,
    TrimsLines,
    DropsLikeComments,
    TrimsData,
    DropsTrailingLf,
    EmptyWritesNothing,
    CutsAtNul,
    StripsBom,
    AsciiAlone,
    ShortLines,
    NoTypes,
    KeepsType,
    TrimsType,
    NoIds,
    AsciiIds,
    TypeAsItIs,
    IdAsItIs,
    NulEndsId,

    // What a client gets that comes back.
    NoReplay,
    Inclusive,
    LosesOne,
    LosesTheFirst,
    ReplaysToNewClients,
    ReplaysFew,
    LosesWhileReplaying,
    DoublesWhileReplaying,
    ReplaysOnce,
    ReplaysDataAlone,
    ReadsLatin1,
    DecodesPercent,
    IgnoresQuery,

    // An ID that is not known.
    UnknownIsNotFound,
    UnknownGetsNothing,
    UnknownGetsEverything,
    UnknownIsSilent,
    DiesOfLongIds,
    DiesOfBadIds,

    // A history that is too short.
    SilentGap,
    HoleInHistory,
    AlwaysAnnounces,

    // A client that does not read.
    WaitsForTheSlow,
    DropsForTheSlow,
    ForgetsTheSlow,

    // Clients that go away.
    EndsWithTheFirst,
    CountsNoDepartures,
    LocksWhileItWrites,

    // Keep-alives.
    NoKeepAlive,
    OneKeepAlive,
    KeepAliveForOne,
    KeepAliveUntilAnEvent,
    KeepAliveIsAnEvent,

    // The end.
    NeverEnds,
    NoLastChunk,
    DropsTheLast,
    CutsTheLast,
    LingersAfterTheEnd,
}
