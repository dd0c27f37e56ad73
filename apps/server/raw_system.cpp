#include "apps/server/raw_system.hpp"

#include "engineio/guard.hpp"

#include <utility>

namespace apps::server {

namespace net = engineio::net;

namespace {

common::EndpointOptions with(common::EndpointOptions options, SystemContext const& context) {
    options.deflate = context.options.per_message_deflate;
    options.limits = context.options.limits.session;
    return options;
}

}  // namespace

RawSystem::RawSystem(SystemContext& context, common::Envelope envelope,
                     common::EndpointOptions options)
    : runtime_(context.runtime), config_(context.config), http_(context.options.http),
      site_(std::move(context.site)), entrance_(routes_),
      endpoint_(context.runtime, std::move(envelope), with(std::move(options), context)) {
    endpoint_.allow_origin([origins = context.origins](net::Request const& request) {
        return origins.admits(request);
    });
}

void RawSystem::mount_endpoint(std::string_view path) {
    routes_.add_path(std::string(path), [this](net::Request request, net::Responder responder) {
        endpoint_.accept(std::move(request), std::move(responder));
    });
}

std::uint16_t RawSystem::listen(socketio::Endpoint const& endpoint) {
    if (!listening_) {
        listening_ = true;
        add_pages(routes_, site_, config_, [this] {
            return Health{endpoint_.peers_count(), endpoint_.draining()};
        });
    }
    return runtime_.listen(endpoint, http_,
                           [this](unsigned) -> net::HttpHandler& { return entrance_; });
}

void RawSystem::Entrance::on_request(net::Request request, net::Responder responder) {
    engineio::guarded(*net::Shard::current(), "a request",
                      [&] { routes_.on_request(std::move(request), std::move(responder)); });
}

}  // namespace apps::server
