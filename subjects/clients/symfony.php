<?php

// Driver of the EventSource of symfony/http-client, as Debian packages it, with the loop of its documentation.

use Symfony\Component\HttpClient\Chunk\ServerSentEvent;
use Symfony\Component\HttpClient\EventSourceHttpClient;
use Symfony\Component\HttpClient\HttpClient;
use Symfony\Contracts\HttpClient\HttpClientInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;
use Symfony\Contracts\HttpClient\ResponseStreamInterface;

error_reporting(E_ALL & ~E_DEPRECATED);
require_once 'Symfony/Component/HttpClient/autoload.php';

function say(array $line): void
{
    fwrite(STDOUT, json_encode($line, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE)."\n");
}

/** It does not say that it connects again: this does. */
class Reporting implements HttpClientInterface
{
    private $isAgain = false;

    public function __construct(private HttpClientInterface $client)
    {
    }

    public function request(string $method, string $url, array $options = []): ResponseInterface
    {
        if ($this->isAgain) {
            say(['error' => 'another request']);
        }
        $this->isAgain = true;

        return $this->client->request($method, $url, $options);
    }

    public function stream($responses, ?float $timeout = null): ResponseStreamInterface
    {
        return $this->client->stream($responses, $timeout);
    }

    public function withOptions(array $options): static
    {
        return new static($this->client->withOptions($options));
    }
}

function read(string $url): void
{
    $retry = getenv('SSE_RETRY_MS');
    $client = new EventSourceHttpClient(new Reporting(HttpClient::create()), false === $retry ? 10 : $retry / 1000);
    $source = $client->connect($url);
    while ($source) {
        foreach ($client->stream($source, 2) as $response => $chunk) {
            if ($chunk->isTimeout()) {
                continue;
            }
            if ($chunk->isFirst()) {
                say(['open' => true]);
            }
            if ($chunk->isLast()) {
                return;
            }
            if ($chunk instanceof ServerSentEvent) {
                $last = $response->getInfo('last_event_id') ?? '';
                say(['type' => $chunk->getType(), 'data' => $chunk->getData(), 'lastEventId' => $last]);
            }
        }
    }
}

say([
    'name' => 'symfony/http-client', 'language' => 'PHP',
    'implementationVersion' => getenv('SUBJECT_VERSION') ?: '', 'options' => ['retryMs'],
]);
try {
    read($argv[1]);
} catch (Throwable $error) {
    say(['told' => get_class($error).': '.$error->getMessage()]);
}
say(['closed' => true]);
sleep(3600);
