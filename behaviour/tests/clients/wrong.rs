//! The ways in which the client of this folder can be wrong.

macro_rules! faults {
    ($($(#[$attribute:meta])* $fault:ident,)+) => {
        /// One way to be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Wrong {
            $($(#[$attribute])* $fault,)+
        }

        impl Wrong {
            pub(crate) const ALL: &[Self] = &[$(Self::$fault,)+];
        }
    };
}

faults! {
    /// The control: right in everything.
    Nothing,

    // The request (9.2.2, 9.2.4).
    SendsEmptyId,
    AcceptsEverything,
    AllowsCaches,
    DropsQuery,
    SendsOwnHeadersOnce,

    // Whether the response announces or fails the connection (9.2.2).
    ReconnectsAfter204,
    ReconnectsAfterRefusal,
    ReconnectsAfterWrongType,
    OpensOnAnyStatus,
    OpensOnAnyType,
    TakesFirstType,
    TakesInterimResponse,
    OpensWithFirstEvent,
    WaitsForEndOfRefusal,

    // The end of a response: reestablish the connection (9.2.2), and what the end discards (9.2.6).
    EndsAfterReset,
    EndsIfUnreachable,
    DispatchesHalfBlock,
    KeepsBomLater,
    KeepsHalfBlock,
    IgnoresIdle,
    CountsEventsAloneAsLife,
    WaitsForHeadForEver,

    // The last event ID (9.2.4, 9.2.6).
    TakesIdOfHalfBlock,
    LosesIdAfterEventWithout,
    LosesIdAcrossConnections,
    LosesIdAfterFailedAttempt,
    LosesIdWithoutData,
    SendsIdAsLatin1,
    TrimsId,
    IgnoresEmptyId,
    ForgetsGivenId,

    // The reconnection time (9.2.2, 9.2.6).
    SubtractsJitter,
    WaitsFromTheRequest,
    WaitsOnlyAfterCleanEnds,
    ResetsBackoffOnEvery200,
    AppliesRetryAtDispatch,
    TakesRetryOfHalfLine,
    TakesRetryWithNonDigits,
    CapsRetry,
    LosesRetryAcrossConnections,
    IgnoresRetry,

    // Methods (RFC 9110, 9.2.2).
    ResendsPost,
    ResendsPostWithoutAnswer,
    ResendsPostWithId,
    LosesBodyLater,

    // Redirects (Fetch, 4.4).
    DoesNotFollowRedirects,
    LosesIdInRedirect,
    LosesBodyInRedirect,
    KeepsBodyAfter303,
    StaysAtTargetOfRedirect,
    FollowsToOtherOrigin,
    TakesEveryTargetForPath,

    // Clients that persist.
    IgnoresRetryAfter,
    RetryAfterShortens,
    PersistsAfterEveryRefusal,

    // Clients of one response.
    OnceReconnects,
    OnceTakesCutForEnd,
    OnceReconnectsWithId,
    ResumingNeverResumes,
    ResumingSendsPostAgain,
    ResumingGoesOnWithoutId,
    IgnoresTerminal,

    // The caller closes the client.
    KeepsConnectionAfterClose,
    ReconnectsAfterClose,

    // Load.
    IgnoresLimit,
    DropsLongEvents,
    HoldsBackLastEvent,
}
