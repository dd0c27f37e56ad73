#pragma once

#include "engineio/net/http_server.hpp"

namespace apps::server {

/// GET /metrics on a listener of its own: what all shards have counted, for Prometheus. Owned by
/// Hubbub.
class MetricsPage final : public engineio::net::HttpHandler {
public:
    explicit MetricsPage(engineio::net::HttpServer& runtime) : runtime_(runtime) {}

    void on_request(engineio::net::Request request, engineio::net::Responder responder) override;

private:
    engineio::net::HttpServer& runtime_;
};

}  // namespace apps::server
