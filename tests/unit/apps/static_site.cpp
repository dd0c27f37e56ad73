#include "apps/common/static_site.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

namespace static_site_test {

using apps::common::content_type_of;
using apps::common::StaticSite;
namespace fs = std::filesystem;
namespace net = engineio::net;

namespace {

// A folder of its own that goes away with the test.
struct Folder {
    fs::path path;

    Folder() {
        auto name = (fs::temp_directory_path() / "hubbub-site-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }

    void write(std::string const& name, std::string const& content) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << content;
    }
};

net::Response get(StaticSite const& site, std::string target, net::Headers headers = {},
                  std::string method = "GET") {
    net::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    return site.answer(request);
}

std::string field(net::Response const& response, std::string const& name) {
    for (auto const& header : response.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("files are served with their type") {
    Folder folder;
    folder.write("index.html", "<p>home");
    folder.write("sub/app one.js", "run()");
    StaticSite const site(folder.path);
    auto const home = get(site, "/?name=x");
    CHECK(home.status == 200);
    CHECK(home.content() == "<p>home");
    CHECK(field(home, "Content-Type") == "text/html; charset=utf-8");
    auto const script = get(site, "/sub/app%20one.js");
    CHECK(script.content() == "run()");
    CHECK(field(script, "Content-Type") == "text/javascript; charset=utf-8");
    CHECK(get(site, "/missing").status == 404);
    CHECK(get(site, "/sub/").status == 404);
}

TEST_CASE("an unchanged file is not sent again") {
    Folder folder;
    folder.write("a.txt", "one");
    auto const etag = field(get(StaticSite(folder.path), "/a.txt"), "ETag");
    CHECK(etag.size() == 18);
    CHECK(get(StaticSite(folder.path), "/a.txt", {{"if-none-match", etag}}).status == 304);
    CHECK(
        get(StaticSite(folder.path), "/a.txt", {{"if-none-match", "W/" + etag}}).content().empty());
    folder.write("a.txt", "two");
    CHECK(get(StaticSite(folder.path), "/a.txt", {{"if-none-match", etag}}).status == 200);
}

TEST_CASE("nothing outside the folder, hidden or linked is served") {
    Folder outside;
    outside.write("secret.txt", "secret");
    Folder folder;
    folder.write(".hidden", "x");
    folder.write(".git/config", "x");
    fs::create_symlink(outside.path / "secret.txt", folder.path / "link.txt");
    StaticSite const site(folder.path);
    auto const name = outside.path.filename().string() + "/secret.txt";
    for (std::string const up : {"..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%c0%ae%c0%ae",
                                 "..%00", "....", "x/..", "x/../.."}) {
        for (std::string const slash : {"/", "%2f", "%2F", "\\", "%5c", "%252f", "//", ";/"}) {
            for (std::string const first : {"/", "//", "/./", "/%2f", "/\\"}) {
                auto const target = first + up + slash + name;
                CHECK_MESSAGE(get(site, target).status == 404, target);
            }
        }
    }
    for (std::string const target : {"/.hidden", "/.git/config", "/%2ehidden", "/link.txt", "/%",
                                     "/%zz", "/%00", "/a%00.txt", "", "*", "..", "http://h/"}) {
        CHECK_MESSAGE(get(site, target).status == 404, target);
    }
}

TEST_CASE("only GET and HEAD") {
    Folder folder;
    folder.write("index.html", "x");
    StaticSite const site(folder.path);
    CHECK(get(site, "/", {}, "HEAD").status == 200);
    auto const post = get(site, "/", {}, "POST");
    CHECK(post.status == 405);
    CHECK(field(post, "Allow") == "GET, HEAD");
}

TEST_CASE("a single-page application answers unknown paths with its page") {
    Folder folder;
    folder.write("index.html", "app");
    CHECK(get(StaticSite(folder.path, true), "/deep/link").content() == "app");
    CHECK(get(StaticSite(), "/").status == 404);
}

TEST_CASE("a single-page application: a missing file is missing") {
    Folder folder;
    folder.write("index.html", "<p>home");
    StaticSite const site(folder.path, true);
    CHECK(get(site, "/some/route").status == 200);
    CHECK(get(site, "/assets/app.1234.js").status == 404);
    CHECK(get(site, "/user/a.b", {{"accept", "text/html,*/*;q=0.8"}}).status == 200);
    CHECK(get(site, "/v1.0/route").status == 200);
}

TEST_CASE("ranges of bytes") {
    Folder folder;
    folder.write("ten.bin", "0123456789");
    folder.write("empty.bin", "");
    StaticSite const site(folder.path);
    struct Case {
        char const* range;
        int status;
        char const* body;
        char const* content_range;
    };
    for (auto const& [range, status, body, content_range] : {
             Case{"bytes=2-5", 206, "2345", "bytes 2-5/10"},
             Case{"bytes=0-0", 206, "0", "bytes 0-0/10"},
             Case{"bytes=7-", 206, "789", "bytes 7-9/10"},
             Case{"bytes=8-99999999999999999999999", 206, "89", "bytes 8-9/10"},
             Case{"bytes=-3", 206, "789", "bytes 7-9/10"},
             Case{"bytes=-99", 206, "0123456789", "bytes 0-9/10"},
             Case{"bytes=10-", 416, "", "bytes */10"},
             Case{"bytes=-0", 416, "", "bytes */10"},
             Case{"bytes=5-2", 200, "0123456789", ""},
             Case{"bytes=0-1,4-5", 200, "0123456789", ""},
             Case{"bytes=-", 200, "0123456789", ""},
             Case{"bytes=x-1", 200, "0123456789", ""},
             Case{"lines=0-1", 200, "0123456789", ""},
         }) {
        CAPTURE(range);
        auto const response = get(site, "/ten.bin", {{"range", range}});
        CHECK(response.status == status);
        CHECK(response.content() == body);
        CHECK(response.body.empty());  // be it a part, it is the file's
        CHECK(field(response, "Content-Range") == content_range);
    }
    CHECK(get(site, "/empty.bin", {{"range", "bytes=0-"}}).status == 416);
    CHECK(get(site, "/ten.bin", {{"range", "bytes=2-5"}}, "HEAD").status == 200);
    auto const etag = field(get(site, "/ten.bin"), "ETag");
    CHECK(get(site, "/ten.bin", {{"range", "bytes=2-5"}, {"if-range", etag}}).status == 206);
    CHECK(get(site, "/ten.bin", {{"range", "bytes=2-5"}, {"if-range", "\"old\""}}).status == 200);
}

TEST_CASE("text is compressed for who takes it") {
    Folder folder;
    std::string const text(4000, 'a');
    folder.write("long.css", text);
    folder.write("short.css", "a");
    folder.write("long.png", text);
    StaticSite const site(folder.path);
    auto const packed = get(site, "/long.css", {{"accept-encoding", "gzip, deflate, br"}});
    CHECK(field(packed, "Content-Encoding") == "gzip");
    CHECK(field(packed, "Vary") == "Accept-Encoding");
    CHECK(packed.content() == net::deflate_body(net::ContentEncoding::gzip, text));
    auto const tag = field(packed, "ETag");
    CHECK(tag != field(get(site, "/long.css"), "ETag"));
    CHECK(get(site, "/long.css", {{"if-none-match", tag}}).status == 304);
    CHECK(get(site, "/long.css", {{"range", "bytes=1-"}, {"if-range", tag}}).status == 200);
    auto const plain = get(site, "/long.css");
    CHECK(field(plain, "Content-Encoding") == "");
    CHECK(field(plain, "Vary") == "Accept-Encoding");
    CHECK(plain.content() == text);
    for (auto const* path : {"/short.css", "/long.png"}) {
        auto const response = get(site, path, {{"accept-encoding", "gzip"}});
        CHECK(field(response, "Content-Encoding") == "");
        CHECK(field(response, "Vary") == "");
    }
}

TEST_CASE("content types") {
    CHECK(content_type_of("a.css") == "text/css; charset=utf-8");
    CHECK(content_type_of("a.js.map") == "application/json; charset=utf-8");
    CHECK(content_type_of("noending") == "application/octet-stream");
}

}  // namespace static_site_test
