"""A small English-Vietnamese glossary, opposites and turns of phrase that the verifier knows.

Written by hand for the vocabulary of public administration, economy and reference texts. It lets an English claim be
compared with a Vietnamese source without a model; knows nothing of claims or passages. Vietnamese is stored folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from rag.ask.vocabulary import MORE
from rag.text.normalise import fold

# One entry a line: English forms, then "=", then Vietnamese ones.
_ENTRIES = """
team, group = tổ, đội, nhóm
commune = xã
ward = phường
hamlet, village = thôn, xóm, ấp, làng, bản
district = huyện, quận
province, provincial = tỉnh
city, urban = thành phố, tp, đô thị
town, township = thị xã, thị trấn
rural, countryside = nông thôn
level, grade, tier = cấp, mức, trình độ, hạng
community, communal = cộng đồng
digital, digitised, digitized = số
digital transformation, digital conversion = chuyển đổi số, cđs
technology, tech = công nghệ
information = thông tin
communication, communications, media = truyền thông
information and communications = thông tin và truyền thông, tt&tt
department, office, agency, authority = sở, ban, cục, phòng, cơ quan, ngành
ministry = bộ
minister = bộ trưởng
committee, council, board = ủy ban, hội đồng, ban
people's committee = ủy ban nhân dân, ubnd
people's council = hội đồng nhân dân, hđnd
chairman, chairwoman, chair, chairperson, president = chủ tịch
vice, deputy = phó
director, head, manager, chief = giám đốc, trưởng, lãnh đạo
secretary = bí thư, thư ký
party = đảng
government, governmental = chính phủ, chính quyền
prime minister = thủ tướng
administration, administrative = hành chính, quản lý
procedure = thủ tục
e-government = chính quyền điện tử, chính phủ điện tử
electronic, online, e = điện tử, trực tuyến, mạng
public service = dịch vụ công
service = dịch vụ
public = công, công cộng, công khai
signature = chữ ký, ký
document, text, record, file = văn bản, tài liệu, hồ sơ
decision = quyết định
resolution = nghị quyết
decree = nghị định
circular = thông tư
directive = chỉ thị
plan = kế hoạch
program, programme = chương trình
project, scheme = đề án, dự án
law, act, legal = luật, pháp luật
article, clause = điều, khoản
issue, issued, promulgated, enacted = ban hành
approve, approved = phê duyệt, thông qua
sign, signed = ký
establish, established, founded, set up, found, formed, creation = thành lập, lập, xây dựng, hình thành
number, total, amount = số, tổng, tổng số
percent, percentage, rate, proportion, share, ratio = tỷ lệ, phần trăm, tỉ lệ
rank, ranked, ranking, place, position = hạng, xếp, vị trí, thứ, bậc
index = chỉ số
score, point, mark = điểm
increase, increased, rise, rose, grow, grew, growth, up, higher = tăng, lên, cao, nâng
decrease, decreased, fall, fell, drop, decline, reduce, reduced, down, lower = giảm, xuống, hạ, thấp
highest, top, most, maximum, largest, biggest = cao nhất, lớn nhất, đứng đầu, nhiều nhất, dẫn đầu
lowest, least, minimum, smallest = thấp nhất, nhỏ nhất, ít nhất
compared, versus = so với, so
revenue, turnover, income, earning, sales = doanh thu, thu nhập, thu
profit = lợi nhuận, lãi
cost, price, expense = chi phí, giá
budget, fund, funding, capital = ngân sách, vốn, kinh phí, quỹ
investment, invest, invested = đầu tư
value, worth = giá trị, trị giá
money, cash = tiền, tiền mặt
cashless, non-cash, non cash = không dùng tiền mặt
payment, pay, paid = thanh toán, chi trả, nộp, trả
fee, charge = phí, lệ phí
tax = thuế
invoice, bill = hóa đơn
bank, banking = ngân hàng
account = tài khoản
loan, credit, debt = vay, tín dụng, nợ
business, enterprise, company, firm, corporate = doanh nghiệp, công ty, kinh doanh
cooperative = hợp tác xã, htx
household = hộ, gia đình, hộ gia đình
farmer = nông dân
people, person, citizen, resident, inhabitant, population = người, người dân, dân, nhân dân, công dân, dân số
worker, employee, labour, labor, labourer = lao động, công nhân, nhân viên
official, officer, cadre, staff, civil servant = cán bộ, công chức, viên chức
member = thành viên, hội viên, đảng viên
youth union = đoàn thanh niên
youth, young = thanh niên, trẻ
woman, women, female = phụ nữ, nữ
man, men, male = nam, đàn ông
child, children = trẻ em, con, trẻ
student, pupil = học sinh, sinh viên
teacher, lecturer = giáo viên, thầy, cô giáo, giảng viên
school, schools = trường, trường học
university = đại học
education, training, educational = giáo dục, đào tạo, tập huấn
course, class = khóa, lớp
health, healthcare, medical, medicine = y tế, sức khỏe, y, thuốc
hospital, clinic, facility, facilities = bệnh viện, cơ sở, phòng khám
doctor = bác sĩ, tiến sĩ
patient = bệnh nhân, người bệnh
disease, illness = bệnh
insurance = bảo hiểm
social insurance = bảo hiểm xã hội, bhxh
health insurance = bảo hiểm y tế, bhyt
social, society = xã hội
security, safety, safe = an toàn, an ninh, bảo mật, an sinh
police = công an, cảnh sát
army, military = quân đội, quân sự
card, id card, identity = thẻ, căn cước, định danh
citizen id = căn cước công dân, cccd
application, app, software = ứng dụng, phần mềm, app
install, installed, installation = cài đặt, lắp đặt
use, used, using, user, users = sử dụng, dùng, áp dụng, người dùng
apply, applied, applying = áp dụng, ứng dụng
system = hệ thống
platform, exchange, marketplace, floor = nền tảng, sàn
data, database = dữ liệu, cơ sở dữ liệu
network, internet, web, website = mạng, internet, trang
portal, gateway = cổng
e-commerce, commerce, trade = thương mại điện tử, thương mại
product, goods, item = sản phẩm, hàng hóa, hàng
produce, production, manufacture, made, manufacturing = sản xuất, chế biến
agriculture, agricultural, farm, farming = nông nghiệp, nông sản, nông
farm produce, agricultural product = nông sản
industry, industrial, industry and trade = công nghiệp, công thương, ngành
market = chợ, thị trường
sell, sold, sale, seller = bán, tiêu thụ
buy, bought, purchase, buyer = mua
transaction, deal = giao dịch
export = xuất khẩu
import = nhập khẩu
tourism, tourist, travel = du lịch, khách
culture, cultural = văn hóa
sport = thể thao
transport, traffic = giao thông, vận tải
construction, build, built, building = xây dựng, công trình
land = đất, đất đai
house, home, housing = nhà, nhà ở
forest = rừng
river = sông
sea, ocean, coast, coastal = biển
mountain, mountainous = núi, miền núi
island = đảo
water = nước
electricity, power, energy = điện, năng lượng
environment, environmental = môi trường
resource, resources = tài nguyên, nguồn lực
natural resources and environment = tài nguyên và môi trường
science, scientific = khoa học
research = nghiên cứu
development, develop, developed = phát triển
economy, economic = kinh tế
digital economy = kinh tế số
digital society = xã hội số
finance, financial = tài chính
country, nation, national, state, nationwide = nước, quốc gia, cả nước, toàn quốc, nhà nước
world, global, international = thế giới, quốc tế, toàn cầu
region, area, zone, region's = vùng, khu vực, khu, miền, diện tích
local, locality = địa phương
central = trung ương, trung tâm
center, centre = trung tâm
road, street = đường, phố
border = biên giới
year = năm
month = tháng
week = tuần
day = ngày
hour = giờ
minute = phút
quarter = quý
decade = thập niên, thập kỷ
century = thế kỷ
period, term, phase, stage = giai đoạn, thời kỳ, nhiệm kỳ
target, goal, objective, aim = mục tiêu, chỉ tiêu
result, outcome = kết quả
task, mission, duty = nhiệm vụ
solution, measure = giải pháp, biện pháp
support, supported, help, assist, assisted = hỗ trợ, giúp, giúp đỡ
guide, guided, guidance, instruct, instructed = hướng dẫn
propaganda, publicity, awareness, promote, promotion = tuyên truyền, quảng bá, thúc đẩy, nhận thức
implement, implemented, carry out, deploy, deployed, roll out = triển khai, thực hiện
complete, completed, finish, finished = hoàn thành, hoàn thiện
achieve, achieved, reach, reached, attain = đạt
connect, connected, connection, link = kết nối, liên thông
integrate, integrated = tích hợp
share, shared, sharing = chia sẻ, cổ phần
process, processed, handle, handled, resolve, resolved = xử lý, giải quyết, quy trình
receive, received, accept = tiếp nhận, nhận
feedback, petition, reflection, complaint = phản ánh, kiến nghị, phản hồi
on time, timely = đúng hạn, kịp thời
overdue, late = quá hạn, trễ, muộn
register, registered, registration = đăng ký
provide, provided, supply, offer = cung cấp, cấp
create, created = tạo, tạo lập
launch, launched, open, opened, start, started, begin, began = mở, khai trương, bắt đầu, ra mắt, khởi
end, ended, close, closed = kết thúc, đóng, cuối
participate, participated, join, joined, attend, attended, take part = tham gia, tham dự
hold, held, organise, organised, organize, organized = tổ chức
organisation, organization = tổ chức
conference, meeting, workshop = hội nghị, cuộc họp, hội thảo
contest, competition = cuộc thi, thi
award, prize, won, win = giải, giải thưởng, đạt, thắng
model = mô hình
smart, intelligent = thông minh
smartphone, phone = điện thoại thông minh, điện thoại
cable, fibre, fiber, broadband = cáp, cáp quang, băng rộng
station, tower = trạm, ga
camera = camera
traceability, trace, origin = truy xuất, nguồn gốc
stamp, label = tem, nhãn
star = sao
standard, criterion, criteria = tiêu chuẩn, chuẩn, tiêu chí
quality = chất lượng
new = mới
old = cũ, già
first = đầu tiên, thứ nhất, đầu
last, final = cuối, cuối cùng
next = tiếp theo, sau
all, every, entire, whole = tất cả, toàn bộ, toàn, mọi, cả
half = nửa
average = trung bình, bình quân
approximately, about, around, nearly, roughly = khoảng, gần
more than, over, above = hơn, trên
less than, under, below = dưới, chưa đến
orange = cam
tea = chè, trà
rice = lúa, gạo
fruit = trái cây, quả
fish, seafood = cá, thủy sản, hải sản
animal = động vật
plant, tree = cây, thực vật
ton, tonne = tấn
box = hộp
dong, vnd = đồng
dollar, usd = đô la, usd, đô
born, birth = sinh
die, died, death = chết, mất, qua đời, tử vong
king, emperor = vua, hoàng đế
queen = nữ hoàng, hoàng hậu
war, battle = chiến tranh, trận
peace = hòa bình
language = ngôn ngữ, tiếng
book = sách
write, wrote, written, author = viết, tác giả
music, song = nhạc, ca khúc, bài hát
film, movie = phim
game, match = trò chơi, trận đấu
player = cầu thủ, người chơi
vote, election, elected = bầu, bầu cử, phiếu
parliament, national assembly = quốc hội
court, judge = tòa án, thẩm phán
crime, criminal = tội phạm, tội
say, said, told, stated, announce, announced, according = nói, cho biết, cho hay, thông báo, theo, tuyên bố, công bố
think, believe = nghĩ, cho rằng, tin
know, known, called, named, name = biết, gọi, tên
need, must, require, required = cần, phải, yêu cầu
can, able = có thể
large, big, great = lớn, to, cao
small, little = nhỏ, bé, ít
high = cao
low = thấp
good, well, better, best = tốt, giỏi, hay
bad, poor = xấu, kém, nghèo
poverty = nghèo, đói nghèo
important, key, main = quan trọng, chính, chủ yếu, trọng tâm
difficult, difficulty, challenge = khó khăn, khó, thách thức
different, difference = khác
north, northern = bắc
south, southern = nam
east, eastern = đông
west, western = tây
winter = đông
summer = hè, hạ
entitled, entitlement = được hưởng, được
leave, holiday = nghỉ, nghỉ phép
museum = bảo tàng
bay = vịnh
lake = hồ
bridge = cầu
airport = sân bay
port, harbour, harbor = cảng
ship, boat, vessel = tàu, thuyền
train, railway = tàu hỏa, đường sắt
plane, aircraft, airline, flight = máy bay, hàng không, chuyến bay
car, vehicle, bus = xe, ô tô
storm, typhoon = bão
flood = lũ, lụt
death, deaths, fatality = tử vong, chết
infected, infection, case = nhiễm, ca, trường hợp
vaccine, injection, dose = vắc xin, tiêm, mũi, liều
virus = vi rút, virus
risk, danger = nguy cơ, rủi ro, nguy hiểm
license, licence, permit = giấy phép, phép
contract, agreement = hợp đồng, thỏa thuận
visitor, guest = khách, du khách
hotel = khách sạn
student = học sinh, sinh viên
age, aged, old = tuổi
sleep = ngủ
blood = máu
sugar = đường
milk = sữa
coffee = cà phê
fire = cháy, hỏa hoạn
accident = tai nạn
collection = bộ sưu tập
food = thực phẩm, thức ăn, lương thực
family = gia đình
mother = mẹ
father = cha, bố
history, historical = lịch sử
church = nhà thờ
temple, pagoda = chùa, đền
"""

_COUNTRIES = """
vietnam, viet nam = việt nam
hanoi = hà nội
ho chi minh city, saigon = thành phố hồ chí minh, hồ chí minh, tp hcm, tphcm, sài gòn
china = trung quốc
united states, us, usa, u.s, u s, america = mỹ, hoa kỳ
united kingdom, uk, u k, britain, great britain = anh, vương quốc anh
england = anh
france = pháp
germany = đức
russia = nga
japan = nhật bản, nhật
korea, south korea = hàn quốc, triều tiên
north korea = triều tiên, bắc triều tiên
thailand = thái lan
laos = lào
cambodia = campuchia
india = ấn độ
australia = úc, australia
italy = ý, italia
spain = tây ban nha
portugal = bồ đào nha
netherlands, holland = hà lan
belgium = bỉ
switzerland = thụy sĩ
sweden = thụy điển
norway = na uy
denmark = đan mạch
finland = phần lan
poland = ba lan
austria = áo
greece = hy lạp
turkey = thổ nhĩ kỳ
egypt = ai cập
israel = israel
europe = châu âu
asia = châu á
africa = châu phi
european union, eu = liên minh châu âu, eu
united nations, un, u n, u.n = liên hợp quốc, liên hiệp quốc
philippines = philippines, phi luật tân
mekong delta = đồng bằng sông cửu long, đbscl
red river delta = đồng bằng sông hồng, đbsh
english = anh, tiếng anh
french = pháp
german = đức
russian = nga
chinese = trung quốc, trung, hoa
japanese = nhật, nhật bản
american = mỹ, hoa kỳ
vietnamese = việt, việt nam
"""

# Pairs that turn a statement round; both sides in folded Vietnamese and English.
_OPPOSITES = """
nâng, tăng, raise, raised, increase, increased, increases, increasing, rose, rise, risen, grew, grow, growth, climbed | hạ, giảm, cut, lowered, decrease, decreased, decreases, decreasing, fell, fall, fallen, dropped, drop, declined, decline, reduced
cao nhất, highest | thấp nhất, lowest
lớn nhất, largest, biggest | nhỏ nhất, bé nhất, smallest
nhiều nhất, most | ít nhất, fewest
cao hơn, higher | thấp hơn, lower
nhiều hơn, more than | ít hơn, less than, fewer than
đúng hạn, on time, on schedule | quá hạn, trễ hạn, overdue, late
đầu tiên, first | cuối cùng, last
bắt buộc, compulsory, mandatory | tự nguyện, không bắt buộc, theo nhu cầu, tùy chọn, voluntary, optional
thành công, success, succeeded, successful | thất bại, failure, failed, unsuccessful
xuất khẩu, export, exports, exported | nhập khẩu, import, imports, imported
trước khi, before | sau khi, after
trong nước, domestic | nước ngoài, foreign
thừa, dư, surplus, excess | thiếu, shortage, lack
ban ngày, daytime | ban đêm, night, nighttime
thắng, won, win, victory | thua, lost, defeat
mở cửa, khai trương, opened | đóng cửa, closed
bổ nhiệm, appointed | miễn nhiệm, bãi nhiệm, cách chức, dismissed
được phép, allowed, permitted | bị cấm, nghiêm cấm, cấm, prohibited, banned, forbidden
đồng ý, tán thành, agreed, approved | phản đối, bác bỏ, từ chối, opposed, rejected, refused
tối đa, maximum | tối thiểu, minimum
trực tiếp, directly | gián tiếp, indirectly
có lãi, profit | thua lỗ, lỗ, loss
sớm hơn, earlier | muộn hơn, later
địa phương, local | trung ương, central
nông thôn, rural | thành thị, urban
nam giới, male | nữ giới, female
"""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in text.split(",") if p.strip())


@lru_cache(maxsize=1)
def english() -> Mapping[str, tuple[str, ...]]:
    """English word or phrase (lower case) → folded Vietnamese alternatives."""
    table: dict[str, tuple[str, ...]] = {}
    for line in (_ENTRIES + _COUNTRIES + MORE).strip().splitlines():
        if "=" not in line:
            continue
        left, right = line.split("=", 1)
        vietnamese = tuple(fold(p) for p in _phrases(right))
        for word in _phrases(left):
            table[word] = (*table.get(word, ()), *(v for v in vietnamese if v not in table.get(word, ())))
    return table


@lru_cache(maxsize=1)
def english_phrases() -> re.Pattern[str]:
    """Matches the glossary's English phrases of more than one word, longest first."""
    many = sorted((w for w in english() if " " in w), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(w) for w in many) + r")s?\b")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """An English word without its commonest endings, so that "teams", "installed" and "installing" meet their entries."""
    table = english()
    if word in table or len(word) < 4:
        return word
    for ending, replacement in (("ies", "y"), ("sses", "ss"), ("es", ""), ("es", "e"), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"),
                                ("ing", ""), ("ing", "e"), ("ly", ""), ("'s", ""), ("al", ""), ("er", ""), ("ers", "")):  # fmt: skip
        if word.endswith(ending):
            cut = word[: -len(ending)] + replacement
            if cut in table:
                return cut
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def vietnamese(word: str) -> tuple[str, ...]:
    """Folded Vietnamese alternatives of an English word or phrase; empty where the glossary has none."""
    return english().get(word) or english().get(stem(word), ())


@lru_cache(maxsize=1)
def opposites() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Pairs of sets of folded phrases that state the contrary of each other, Vietnamese and English joined where they meet."""
    pairs = []
    for line in _OPPOSITES.strip().splitlines():
        left, right = line.split("|")
        pairs.append((frozenset(fold(p) for p in _phrases(left)), frozenset(fold(p) for p in _phrases(right))))
    return tuple(pairs)
