<?php

// esse subject: the EventSource of symfony/http-client, as Debian packages it, over responses that
// bring the chunks. Chunks that are no event are what it hands out raw: comments, and the rest at the end.

use Symfony\Component\HttpClient\Chunk\ServerSentEvent;
use Symfony\Component\HttpClient\EventSourceHttpClient;
use Symfony\Component\HttpClient\MockHttpClient;
use Symfony\Component\HttpClient\Response\MockResponse;

error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('memory_limit', '4G');
require_once 'Symfony/Component/HttpClient/autoload.php';

function parse(array $chunks): array
{
    $body = (function () use ($chunks) {
        foreach ($chunks as $chunk) {
            if ('' !== $chunk) { // an empty one would stand for a time-out
                yield base64_decode($chunk);
            }
        }
    })();
    // The mock reads a chunk ahead, so that nothing can be said of how early an event comes.
    $headers = ['response_headers' => ['content-type' => 'text/event-stream']];
    $client = new EventSourceHttpClient(new MockHttpClient(new MockResponse($body, $headers)), -1);
    $response = $client->connect('http://localhost');
    $events = [];
    foreach ($client->stream($response) as $chunk) {
        if ($chunk instanceof ServerSentEvent) {
            $last = $response->getInfo('last_event_id') ?? '';
            $events[] = ['type' => $chunk->getType(), 'data' => $chunk->getData(), 'lastEventId' => $last];
        }
        if ($chunk->isLast()) {
            break;
        }
    }
    $retry = $response->getInfo('reconnection_time');
    $retry = $retry < 0 ? null : round($retry * 1000); // any double
    return ['events' => $events, 'lastEventId' => $response->getInfo('last_event_id') ?? '', 'reconnectionTime' => $retry];
}

$start = [
    'version' => 1, 'name' => 'symfony/http-client', 'language' => 'PHP',
    'implementationVersion' => getenv('SUBJECT_VERSION'), 'homepage' => 'https://symfony.com/doc/current/http_client.html',
    'roles' => ['parser'], 'capabilities' => ['chunks', 'lastEventId', 'reconnectionTime'],
];
while (false !== $line = fgets(STDIN)) {
    $command = json_decode($line, true);
    if ('stop' === $command['cmd']) {
        break;
    }
    try {
        $answer = 'start' === $command['cmd'] ? $start : ['seq' => $command['seq']] + parse($command['chunks']);
    } catch (Throwable $error) {
        $answer = ['seq' => $command['seq'], 'errored' => get_class($error).': '.$error->getMessage()];
    }
    fwrite(STDOUT, json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE)."\n");
}
