#pragma once

#include "apps/common/json_endpoint.hpp"
#include "apps/server/system.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace apps::server {

/// A system whose socket is a plain WebSocket with JSON messages. The derived class fills the
/// endpoint, mounts it on its paths and adds its REST table, in its constructor.
class RawSystem : public System {
public:
    /// Takes the site out of the context.
    RawSystem(SystemContext& context, common::Envelope envelope, common::EndpointOptions options);

    std::uint16_t listen(socketio::Endpoint const& endpoint) override;
    void close() override { endpoint_.close(); }
    void drain(engineio::net::DrainOptions const& options, std::function<void()> told) override {
        endpoint_.drain(options, std::move(told));
    }

protected:
    common::JsonEndpoint& endpoint() { return endpoint_; }
    engineio::net::Router& routes() { return routes_; }
    /// WebSockets of the endpoint open at this path.
    void mount_endpoint(std::string_view path);

private:
    /// An exception costs its own request: the dropped responder cuts it.
    class Entrance final : public engineio::net::HttpHandler {
    public:
        explicit Entrance(engineio::net::Router& routes) : routes_(routes) {}
        void on_request(engineio::net::Request request,
                        engineio::net::Responder responder) override;

    private:
        engineio::net::Router& routes_;
    };

    socketio::Runtime& runtime_;
    SystemConfig config_;
    engineio::net::HttpOptions http_;
    common::StaticSite site_;
    engineio::net::Router routes_;
    Entrance entrance_;
    common::JsonEndpoint endpoint_;
    bool listening_ = false;
};

}  // namespace apps::server
