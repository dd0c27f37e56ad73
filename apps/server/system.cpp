#include "apps/server/system.hpp"

#include "socketio/json.hpp"

#include <utility>

namespace apps::server {

namespace net = engineio::net;

namespace {

net::Response health_response(Health const& health) {
    net::Response response;
    response.status = health.draining ? 503 : 200;
    response.close = health.draining;
    net::set_header(response.headers, "Content-Type", "application/json");
    net::set_header(response.headers, "Cache-Control", "no-store");
    response.body = socketio::Json::object({{"status", health.draining ? "draining" : "ok"},
                                            {"connections", health.connections}})
                        .dump();
    return response;
}

// Where there is neither a frontend nor a page of ours.
net::Response bare_page(net::Request const& request, std::string const& title) {
    net::Response response;
    bool const root = request.path() == "/";
    response.status = root ? 200 : 404;
    net::set_header(response.headers, "Content-Type", "text/html; charset=utf-8");
    response.body =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>" + title +
        "</title><h1>" + title + "</h1><p>" +
        (root ? "This is Hubbub. No frontend is configured here." : "There is nothing here.") +
        "</p></html>\n";
    return response;
}

}  // namespace

void add_pages(net::Router& routes, common::StaticSite const& site, SystemConfig const& config,
               std::function<Health()> health) {
    routes.add_path("/health",
                    [health = std::move(health)](net::Request const&, net::Responder responder) {
                        responder.respond(health_response(health()));
                    });
    routes.set_fallback(
        [&site, title = config.info.title](net::Request const& request, net::Responder responder) {
            responder.respond(site.empty() ? bare_page(request, title) : site.answer(request));
        });
}

SocketIoSystem::SocketIoSystem(SystemContext& context)
    : config_(context.config), site_(std::move(context.site)),
      io_(context.runtime, context.options) {
    io_.on_http([this](net::Request request, net::Responder responder) {
        routes_.on_request(std::move(request), std::move(responder));
    });
}

std::uint16_t SocketIoSystem::listen(socketio::Endpoint const& endpoint) {
    if (!listening_) {
        listening_ = true;
        add_pages(routes_, site_, config_, [this] {
            return Health{io_.clients_count(), io_.draining()};
        });
    }
    return io_.listen(endpoint);
}

}  // namespace apps::server
